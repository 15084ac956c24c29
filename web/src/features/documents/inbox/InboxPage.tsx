import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Bell, CheckCheck } from 'lucide-react';
import { useState } from 'react';
import { inbox, readInbox, type InboxItem } from '@/api/document-talk';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { classes } from '@/components/classes';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Checkbox } from '@/components/Field';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { BASE } from '@/lib/base';
import { useTitle } from '@/lib/hooks';

const VERBS: Record<InboxItem['kind'], string> = {
  mention: 'mentioned you in',
  comment: 'commented on',
  reply: 'replied in',
  share: 'shared with you:',
  resolved: 'resolved a comment in',
};

function Item({ item, onOpen }: { item: InboxItem; onOpen(): void }) {
  const { history } = useRouter();
  const address = BASE + item.path;
  return (
    <li className="border-b border-line">
      <a
        href={address}
        onClick={(event) => {
          onOpen();
          // Other clicks open a tab.
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          history.push(address);
        }}
        className="flex items-start gap-3 px-4 py-2.5 hover:bg-hover/60"
      >
        <span
          aria-hidden
          className={classes(
            'mt-1.5 size-2 shrink-0 rounded-full',
            item.read_at ? 'bg-transparent' : 'bg-accent-fill',
          )}
        />
        {!item.read_at && <span className="sr-only">Unread.</span>}
        <span className="min-w-0 flex-1">
          <span className="block">
            <span className="font-medium">{item.from?.name || 'A guest'}</span> {VERBS[item.kind]}{' '}
            <span className="font-medium">{item.title}</span>
          </span>
          {item.text && <span className="line-clamp-2 text-muted">{item.text}</span>}
        </span>
        <span className="text-sm text-muted">
          <Ago time={item.created_at} />
        </span>
      </a>
    </li>
  );
}

/** What others told one: mentions, answers, what was shared. */
export function InboxPage() {
  useTitle('Inbox');
  const [unread, setUnread] = useState(false);
  const list = useInfiniteQuery(inbox(unread));
  const client = useQueryClient();
  const read = (which: Parameters<typeof readInbox>[0]) =>
    void readInbox(which)
      .then(() => client.invalidateQueries({ queryKey: ['inbox'] }))
      .catch((error: unknown) => toastError('Could not mark it as read', error));
  const items = list.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <PageHeader crumbs={[{ label: 'Inbox' }]}>
        <Checkbox checked={unread} onChange={(event) => setUnread(event.target.checked)}>
          Unread only
        </Checkbox>
        <Button
          icon={<CheckCheck size={14} />}
          disabled={!list.data?.pages[0]?.unread}
          onClick={() => read({ all: true })}
        >
          Mark all as read
        </Button>
      </PageHeader>
      {list.isPending && <SkeletonRows />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {items?.length === 0 && (
        <EmptyState icon={<Bell size={28} />} title={unread ? 'All read' : 'Nothing here yet'}>
          When somebody mentions you, answers you or shares something, you find it here.
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <ul aria-label="Inbox">
            {items.map((item) => (
              <Item
                key={item.id}
                item={item}
                onOpen={() => !item.read_at && read({ ids: [item.id] })}
              />
            ))}
          </ul>
          {list.hasNextPage && (
            <div className="p-3 text-center">
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Load more
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}
