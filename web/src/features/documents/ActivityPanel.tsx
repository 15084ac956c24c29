import { useQuery } from '@tanstack/react-query';
import { documentActivity } from '@/api/document-talk';
import { Ago } from '@/components/Ago';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { everyDay, type Day } from '@/features/documents/activity-days';
import { SidePanel } from '@/features/documents/SidePanel';
import { formatMany } from '@/lib/format';

const DAYS = 30;

function Bars({ days, of, label }: { days: Day[]; of: 'edits' | 'views'; label: string }) {
  const most = Math.max(1, ...days.map((day) => day[of]));
  const sum = days.reduce((total, day) => total + day[of], 0);
  return (
    <figure>
      <figcaption className="mb-1 flex justify-between text-muted">
        <span>{label}</span>
        <span className="num">
          {formatMany(sum, of.slice(0, -1))} in {DAYS} days
        </span>
      </figcaption>
      <div className="flex h-14 items-end gap-px" aria-hidden>
        {days.map((day) => (
          <div
            key={day.day}
            title={`${day.day}: ${formatMany(day[of], of.slice(0, -1))}`}
            style={{ height: `${(day[of] / most) * 100}%` }}
            className="min-h-px flex-1 rounded-t-xs bg-accent-fill"
          />
        ))}
      </div>
    </figure>
  );
}

/** How a document is read and written, for its owners. */
export function ActivityPanel({ document, onClose }: { document: string; onClose(): void }) {
  const activity = useQuery(documentActivity(document));
  const days = everyDay(activity.data?.days ?? [], activity.dataUpdatedAt, DAYS);
  return (
    <SidePanel title="Activity" onClose={onClose}>
      {activity.isPending && <SkeletonRows rows={4} />}
      {activity.isError && <ErrorPanel error={activity.error} retry={activity.refetch} />}
      {activity.data && (
        <div className="flex flex-col gap-4">
          <Bars days={days} of="edits" label="Edits" />
          <Bars days={days} of="views" label="Views" />
          <section aria-label="Who edited">
            <h3 className="mb-1 font-medium">Who edited</h3>
            {activity.data.people.length === 0 && <p className="text-muted">Nobody yet.</p>}
            <ul>
              {activity.data.people.map(({ id, name, edits, last_at }) => (
                <li key={id} className="flex justify-between gap-2 py-1">
                  <span className="min-w-0 flex-1 truncate">{name || 'Guests'}</span>
                  <span className="text-muted">
                    {formatMany(edits, 'edit')}, <Ago time={last_at} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        </div>
      )}
    </SidePanel>
  );
}
