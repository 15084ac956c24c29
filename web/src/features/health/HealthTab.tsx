import { useQuery } from '@tanstack/react-query';
import { Copy, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { serverHealth, type Health } from '@/api/health';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { copyWithToast } from '@/components/toasts';
import { healthText, seenText, taskText, upSince, wholeText } from '@/features/health/facts';
import { PartCard } from '@/features/health/PartCard';
import { StateIcon, StateMark } from '@/features/health/StateMark';
import { formatFullTime } from '@/lib/format';

const ROW =
  'flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 last:border-0';

function List({
  title,
  empty,
  children,
}: {
  title: string;
  empty?: string;
  children: ReactNode[];
}) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-lg">{title}</h2>
      {children.length === 0 ? (
        <p className="text-muted">{empty}</p>
      ) : (
        <ul aria-label={title} className="rounded-lg border border-line">
          {children}
        </ul>
      )}
    </section>
  );
}

function Instances({ health }: { health: Health }) {
  return (
    <List title="Instances">
      {health.instances.map((one) => (
        <li key={one.id} className={ROW}>
          <span className="min-w-0 flex-1 basis-52">
            <span className="flex flex-wrap items-center gap-2 font-medium">
              <span className="truncate">{one.host}</span>
              {one.roles.map((role) => (
                <Badge key={role}>{role}</Badge>
              ))}
            </span>
            <span className="block text-sm text-muted">
              {one.version} · up for {upSince(one.started_at, health.checked_at)} · {seenText(one)}
            </span>
            {one.problems.map((problem) => (
              <span key={problem} className="block text-sm wrap-anywhere text-warning">
                {problem}
              </span>
            ))}
          </span>
          <StateMark state={one.state} />
        </li>
      ))}
    </List>
  );
}

function Tasks({ health }: { health: Health }) {
  return (
    <List
      title="Work in the background"
      empty="This instance does none: it has not the role worker."
    >
      {health.tasks.map((task) => (
        <li key={task.id} className={ROW}>
          <span className="min-w-0 flex-1 basis-52">
            <span className="block font-medium">{task.name}</span>
            <span className="block text-sm text-muted">{taskText(task)}</span>
            {task.error && (
              <span className="block text-sm wrap-anywhere text-danger">{task.error}</span>
            )}
          </span>
          <StateMark state={task.state} />
        </li>
      ))}
    </List>
  );
}

/** For administrators: how the server does, asked anew every ten seconds. */
export function HealthTab() {
  const asked = useQuery(serverHealth());
  const health = asked.data;
  if (asked.isPending) return <SkeletonRows rows={6} />;
  if (!health) return <ErrorPanel error={asked.error} retry={asked.refetch} />;
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-3">
        <StateIcon state={health.state} />
        <div className="min-w-0 flex-1 basis-52">
          <h2 className="text-lg" role="status">
            {wholeText(health)}
          </h2>
          <p className="text-sm text-muted">
            OpenBricks {health.version} · up for {upSince(health.started_at, health.checked_at)} ·
            as of {formatFullTime(health.checked_at)}
          </p>
        </div>
        <div className="flex gap-2">
          <Button
            icon={<RefreshCw size={14} />}
            disabled={asked.isFetching}
            onClick={() => void asked.refetch()}
          >
            Refresh
          </Button>
          <Button
            icon={<Copy size={14} />}
            onClick={() => copyWithToast(healthText(health), 'Health')}
          >
            Copy as text
          </Button>
        </div>
      </div>
      {asked.isError && (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-danger">
          The server did not tell how it does now; this is what it told last.
        </p>
      )}
      <ul aria-label="Parts" className="gap-3 sm:columns-2">
        {health.parts.map((part) => (
          <PartCard key={part.id} part={part} />
        ))}
      </ul>
      <Instances health={health} />
      <Tasks health={health} />
    </div>
  );
}
