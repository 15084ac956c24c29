import { useNavigate } from '@tanstack/react-router';
import { Inbox, Keyboard, KeyRound, LogOut, UserRound } from 'lucide-react';
import { session } from '@/api/session';
import { openShortcuts } from '@/app/overlays';
import { leave } from '@/app/sign-out';
import { Menu } from '@/components/Menu';
import { useStore } from '@/lib/store';

export function UserMenu() {
  const navigate = useNavigate();
  const current = useStore(session);
  if (current.status !== 'signed-in') return null;
  const { name, email } = current.user;
  return (
    <Menu
      align="start"
      items={[
        {
          label: 'Account',
          icon: <UserRound size={14} />,
          onSelect: () => void navigate({ to: '/settings', search: { tab: 'account' } }),
        },
        {
          label: 'API keys',
          icon: <KeyRound size={14} />,
          onSelect: () => void navigate({ to: '/settings', search: { tab: 'keys' } }),
        },
        {
          label: 'Access requests',
          icon: <Inbox size={14} />,
          onSelect: () => void navigate({ to: '/requests' }),
        },
        {
          label: 'Keyboard shortcuts',
          icon: <Keyboard size={14} />,
          keys: '?',
          onSelect: openShortcuts,
        },
        {
          label: 'Sign out',
          icon: <LogOut size={14} />,
          separated: true,
          onSelect: () => void leave(),
        },
      ]}
    >
      <button
        type="button"
        aria-label={`Account of ${email}`}
        title={email}
        className="mt-1 flex size-7 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent uppercase"
      >
        {(name || email).slice(0, 1)}
      </button>
    </Menu>
  );
}
