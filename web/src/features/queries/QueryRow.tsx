import { Square, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import type { QueryRecord } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { DisclosureButton } from '@/components/DisclosureButton';
import { IconButton } from '@/components/IconButton';
import { SqlText } from '@/components/SqlText';
import { QueryStateIcon } from '@/features/sql/QueryStateIcon';
import { formatDateTime, formatDuration, formatMany } from '@/lib/format';

const STATES = {
  running: 'Running',
  finished: 'Finished',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const;

interface Props {
  record: QueryRecord;
  /** Milliseconds that have passed since the record was told. */
  since: number;
  showUser: boolean;
  cancelling: boolean;
  onCancel(): void;
  onOpen(): void;
}

export function QueryRow({ record, since, showUser, cancelling, onCancel, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const { sql, state, user, started_at, elapsed_ms, rows, progress, error } = record;
  const running = state === 'running';
  const line = sql.replace(/\s+/g, ' ').trim();
  return (
    <li className="border-b border-line">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
        <DisclosureButton
          small
          open={open}
          label={open ? 'Hide the statement' : 'Show the whole statement'}
          onToggle={() => setOpen(!open)}
        />
        <span className="flex w-24 items-center gap-1.5">
          <QueryStateIcon state={state} />
          {running && cancelling ? 'Cancelling' : STATES[state]}
        </span>
        <code className="min-w-0 flex-1 truncate font-mono text-sm max-md:order-1 max-md:basis-full">
          {line}
        </code>
        <span className="num flex flex-wrap items-center gap-x-3 text-sm text-muted max-md:order-2 max-md:basis-full">
          {progress !== undefined && progress > 0 && (
            <span
              role="progressbar"
              aria-label="Progress"
              aria-valuenow={Math.round(progress)}
              aria-valuemin={0}
              aria-valuemax={100}
              className="flex items-center gap-1.5"
            >
              <span className="h-1 w-16 overflow-hidden rounded-full bg-hover">
                <span
                  className="block h-full bg-accent-fill"
                  style={{ width: `${Math.min(100, progress)}%` }}
                />
              </span>
              {Math.round(progress)} %
            </span>
          )}
          {rows !== undefined && <span>{formatMany(rows, 'row')}</span>}
          <span className="md:min-w-16 md:text-right">
            {formatDuration(elapsed_ms + (running ? Math.max(0, since) : 0))}
          </span>
          {showUser && <span className="max-w-44 truncate md:min-w-32">{user}</span>}
          <span className="md:min-w-28">
            <Ago time={started_at} />
          </span>
        </span>
        <span className="flex w-32 justify-end gap-1 max-md:ml-auto">
          {running && (
            <Button icon={<Square size={12} />} busy={cancelling} onClick={onCancel}>
              Cancel
            </Button>
          )}
          <IconButton label="Open in the editor" onClick={onOpen}>
            <SquareTerminal size={16} />
          </IconButton>
        </span>
      </div>
      {open && (
        <div className="flex flex-col gap-2 px-4 pb-3 md:pl-14">
          <SqlText sql={sql} />
          {error && (
            <p className="rounded-md bg-danger-soft px-3 py-2 wrap-anywhere text-danger">
              {error.detail}
            </p>
          )}
          <p className="num text-sm text-muted">
            {user} · started {formatDateTime(started_at)} · query {record.id}
          </p>
        </div>
      )}
    </li>
  );
}
