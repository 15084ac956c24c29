import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bell } from 'lucide-react';
import { useEffect } from 'react';
import { unreadCount } from '@/api/document-talk';
import { watchTopic } from '@/api/events';
import { session } from '@/api/session';
import { Tip } from '@/components/Tip';
import { useStore } from '@/lib/store';

/** The way to what others told one, with how much of it is unread. */
export function InboxLink() {
  const user = useStore(session, (current) =>
    current.status === 'signed-in' && !current.viewer ? current.user.id : undefined,
  );
  const client = useQueryClient();
  const count = useQuery({ ...unreadCount(), enabled: user !== undefined }).data ?? 0;
  useEffect(() => {
    if (user === undefined) return undefined;
    return watchTopic(`user:${user}`, () => void client.invalidateQueries({ queryKey: ['inbox'] }));
  }, [user, client]);
  const label = count > 0 ? `Inbox, ${count} unread` : 'Inbox';
  return (
    <Tip text={label} side="right">
      <Link
        to="/inbox"
        aria-label={label}
        activeProps={{ className: 'text-accent!' }}
        className="relative flex size-control items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
      >
        <Bell size={16} />
        {count > 0 && (
          <span
            aria-hidden
            className="num absolute -top-0.5 -right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent-fill px-1 text-xs leading-none text-on-accent"
          >
            {count > 99 ? '99+' : count}
          </span>
        )}
      </Link>
    </Tip>
  );
}
