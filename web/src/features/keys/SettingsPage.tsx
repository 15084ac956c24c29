import { useNavigate, useSearch } from '@tanstack/react-router';
import { session } from '@/api/session';
import type { SettingsTab } from '@/app/router';
import { PageHeader } from '@/components/PageHeader';
import { TabBar } from '@/components/TabBar';
import { AccountTab } from '@/features/keys/AccountTab';
import { KeysTab } from '@/features/keys/KeysTab';
import { UsersTab } from '@/features/keys/UsersTab';
import { StorageTab } from '@/features/storage/StorageTab';
import { useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

const ADMIN_TABS: { id: SettingsTab; label: string }[] = [
  { id: 'users', label: 'Users' },
  { id: 'storage', label: 'Storage credentials' },
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
          {shown === 'users' && <UsersTab self={user.id} />}
          {shown === 'storage' && <StorageTab />}
        </div>
      </div>
    </>
  );
}
