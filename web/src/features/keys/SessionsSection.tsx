import { useQuery } from '@tanstack/react-query';
import { endOtherSessions, endSession, sessions } from '@/api/account';
import type { SignInSession } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { deviceName } from '@/features/keys/device';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['sessions'] });

function SessionRow({ item }: { item: SignInSession }) {
  const end = useAction(() => endSession(item.id).then(refresh));
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2 font-medium" title={item.user_agent}>
          <span className="truncate">{deviceName(item.user_agent)}</span>
          {item.current && <Badge tone="accent">this one</Badge>}
        </span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          {item.via && <span>with {item.via}</span>}
          {item.address && <code className="font-mono">{item.address}</code>}
          <span>
            signed in <Ago time={item.created_at} />
          </span>
          <span>
            used <Ago time={item.last_used_at} />
          </span>
        </span>
        <FormError error={end.error} />
      </span>
      {!item.current && (
        <Button
          busy={end.busy}
          onClick={() => end.run()}
          aria-label={`End the session of ${deviceName(item.user_agent)}`}
        >
          End
        </Button>
      )}
    </li>
  );
}

/** Where the own account is signed in. */
export function SessionsSection() {
  const list = useQuery(sessions());
  const endOthers = useAction(() => endOtherSessions().then(refresh));
  if (list.isPending) return <SkeletonRows rows={2} />;
  if (list.isError) return <ErrorPanel error={list.error} retry={list.refetch} />;
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-lg">Sessions</h2>
      <ul className="rounded-lg border border-line">
        {list.data.map((item) => (
          <SessionRow key={item.id} item={item} />
        ))}
      </ul>
      {list.data.length > 1 && (
        <Button busy={endOthers.busy} onClick={() => endOthers.run()} className="self-start">
          End all others
        </Button>
      )}
      <FormError error={endOthers.error} />
    </section>
  );
}
