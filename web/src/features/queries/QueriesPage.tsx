import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { useState } from 'react';
import { cancelQuery, queryActivity, type QueryFilter } from '@/api/query';
import { useAdmin } from '@/app/useAdmin';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { Filters } from '@/features/queries/Filters';
import { QueryRow } from '@/features/queries/QueryRow';
import { useNow } from '@/features/queries/useNow';
import { addTab } from '@/features/sql/tabs';
import { useDebounced, useTitle } from '@/lib/hooks';

const LIVE = 2000; // milliseconds between two looks
const LIVE_PAGES = 2; // of a longer list only what was loaded is shown

/** Cancels statements, and knows which ones are on their way to their end. */
function useCancelling(refetch: () => unknown) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const cancel = (id: string) => {
    setIds((before) => new Set(before).add(id));
    cancelQuery(id)
      .then(() => refetch())
      .catch((error: unknown) => {
        setIds((before) => new Set([...before].filter((other) => other !== id)));
        toastError('Could not cancel', error);
      });
  };
  return { ids, cancel };
}

/** What runs and ran: one's own statements, for administrators everyone's. */
export function QueriesPage() {
  useTitle('Queries');
  const filter = useSearch({ from: '/shell/queries' });
  const navigate = useNavigate({ from: '/queries' });
  const admin = useAdmin();
  const text = useDebounced(filter.text, 250);
  const activity = useInfiniteQuery({
    ...queryActivity({ ...filter, text }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= LIVE_PAGES ? LIVE : false),
  });
  const { ids, cancel } = useCancelling(activity.refetch);
  const records = activity.data?.pages.flatMap((page) => page.items) ?? [];
  const now = useNow(records.some(({ state }) => state === 'running'));

  const change = (values: QueryFilter) =>
    void navigate({ search: (old) => ({ ...old, ...values }), replace: true });
  const open = (sql: string) => {
    addTab({ sql });
    void navigate({ to: '/sql' });
  };
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <PageHeader crumbs={[{ label: 'Queries' }]} />
      <Filters filter={filter} admin={admin} onChange={change} />
      {activity.isPending && <SkeletonRows />}
      {activity.isError && <ErrorPanel error={activity.error} retry={activity.refetch} />}
      {activity.data && records.length === 0 && (
        <EmptyState
          icon={<Activity size={28} />}
          title={filter.state === 'running' ? 'Nothing is running' : 'No such statements'}
          actions={
            filtered && (
              <Button onClick={() => void navigate({ search: {}, replace: true })}>
                Show all statements
              </Button>
            )
          }
        >
          {filter.state === 'running'
            ? 'Statements show up here as soon as they start.'
            : 'Statements are kept for 30 days.'}
        </EmptyState>
      )}
      {records.length > 0 && (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <ul aria-label="Statements">
            {records.map((record) => (
              <QueryRow
                key={record.id}
                record={record}
                since={now - activity.dataUpdatedAt}
                showUser={admin}
                cancelling={ids.has(record.id)}
                onCancel={() => cancel(record.id)}
                onOpen={() => open(record.sql)}
              />
            ))}
          </ul>
          {activity.hasNextPage && (
            <div className="p-4">
              <Button
                busy={activity.isFetchingNextPage}
                onClick={() => void activity.fetchNextPage()}
              >
                Older statements
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}
