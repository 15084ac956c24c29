import { Bot, Globe, UserRound, UsersRound } from 'lucide-react';
import type { Principal } from '@/api/permissions';

const ICONS = { user: UserRound, service: Bot, group: UsersRound, everyone: Globe };
const KINDS = {
  user: 'User',
  service: 'Service account',
  group: 'Group',
  everyone: 'Everybody who signs in',
};

/** A person, service account or group: icon, name, and its email or kind below. */
export function PrincipalLabel({ principal }: { principal: Principal }) {
  const Icon = ICONS[principal.kind];
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-hover text-muted">
        <Icon size={14} aria-hidden />
      </span>
      <span className="min-w-0 text-left">
        <span className="block truncate font-medium">{principal.name || principal.email}</span>
        <span className="block truncate text-sm text-muted">
          {principal.name && principal.email ? principal.email : KINDS[principal.kind]}
        </span>
      </span>
    </span>
  );
}
