import { useNavigate, useSearch } from '@tanstack/react-router';
import { session } from '@/api/session';
import type { SettingsTab } from '@/app/router';
import { PageHeader } from '@/components/PageHeader';
import { TabBar } from '@/components/TabBar';
import { AuditTab } from '@/features/audit/AuditTab';
import { HealthTab } from '@/features/health/HealthTab';
import { AccountTab } from '@/features/keys/AccountTab';
import { KeysTab } from '@/features/keys/KeysTab';
import { PreferencesTab } from '@/features/keys/PreferencesTab';
import { UsersTab } from '@/features/keys/UsersTab';
import { ApplicationsSection } from '@/features/oauth/ApplicationsSection';
import { GroupsTab } from '@/features/groups/GroupsTab';
import { RolesTab } from '@/features/roles/RolesTab';
import { SignOnTab } from '@/features/sso/SignOnTab';
import { ServicesTab } from '@/features/services/ServicesTab';
import { StorageTab } from '@/features/storage/StorageTab';
import { useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

const ADMIN_TABS: { id: SettingsTab; label: string }[] = [
  { id: 'users', label: 'Users' },
  { id: 'services', label: 'Service accounts' },
  { id: 'groups', label: 'Groups' },
  { id: 'roles', label: 'Roles' },
  { id: 'sign-on', label: 'Single sign-on' },
  { id: 'storage', label: 'Storage credentials' },
  { id: 'audit', label: 'Audit log' },
  { id: 'health', label: 'Health' },
];

export function SettingsPage() {
  useTitle('Settings');
  const { tab = 'keys' } = useSearch({ from: '/shell/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const current = useStore(session);
  if (current.status !== 'signed-in') return null;
  const { user } = current;
  const tabs: { id: SettingsTab; label: string }[] = [
    { id: 'keys', label: 'API keys' },
    { id: 'account', label: 'Account' },
    { id: 'preferences', label: 'Preferences' },
    ...(user.admin ? ADMIN_TABS : []),
  ];
  const shown = tabs.some(({ id }) => id === tab) ? tab : 'keys';
  return (
    <>
      <PageHeader crumbs={[{ label: 'Settings' }]} />
      <TabBar
        label="Settings"
        tabs={tabs}
        selected={shown}
        onSelect={(next) => void navigate({ search: { tab: next } })}
      />
      <div role="tabpanel" className="min-h-0 flex-1 overflow-y-auto">
        <div className="max-w-[860px] p-4 md:p-6">
          {shown === 'keys' && <KeysTab />}
          {shown === 'account' && <AccountTab user={user} />}
          {shown === 'preferences' && <PreferencesTab />}
          {shown === 'users' && <UsersTab self={user.id} />}
          {shown === 'groups' && <GroupsTab />}
          {shown === 'roles' && <RolesTab />}
          {shown === 'sign-on' && (
            <>
              <SignOnTab />
              <ApplicationsSection />
            </>
          )}
          {shown === 'services' && <ServicesTab />}
          {shown === 'storage' && <StorageTab />}
          {shown === 'audit' && <AuditTab />}
          {shown === 'health' && <HealthTab />}
        </div>
      </div>
    </>
  );
}
