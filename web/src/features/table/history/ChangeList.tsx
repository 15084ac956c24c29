import { Badge } from '@/components/Badge';
import type { Change } from '@/features/table/history/diff';

const TONES = { added: 'success', removed: 'danger', changed: 'warning' } as const;

/** Columns or properties that differ between two versions. */
export function ChangeList({ changes, empty }: { changes: Change[]; empty: string }) {
  if (changes.length === 0) return <p className="p-4 text-muted">{empty}</p>;
  return (
    <ul>
      {changes.map(({ kind, name, before, after }) => (
        <li
          key={name}
          className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-b border-line px-4 py-1.5"
        >
          <Badge tone={TONES[kind]}>{kind}</Badge>
          <span className="font-medium wrap-anywhere">{name}</span>
          <span className="min-w-0 font-mono text-sm wrap-anywhere text-muted">
            {[before, after].filter((text) => text !== undefined).join(' → ')}
          </span>
        </li>
      ))}
    </ul>
  );
}
