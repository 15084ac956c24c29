import { Check, ChevronDown, ChevronUp, CircleX, Pause, Play, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import { totals, type UploadItem } from '@/features/files/upload-state';
import {
  cancelUpload,
  clearFinished,
  pauseUpload,
  resolveConflict,
  resumeUpload,
  uploads,
  type Resolution,
} from '@/features/files/uploads';
import { formatBytes } from '@/lib/format';
import { useStore } from '@/lib/store';

function Bar({ item }: { item: UploadItem }) {
  const share = item.bytes > 0 ? (item.sent / item.bytes) * 100 : item.status === 'done' ? 100 : 0;
  return (
    <div
      role="progressbar"
      aria-label={item.path}
      aria-valuenow={Math.round(share)}
      className="h-1 overflow-hidden rounded-full bg-hover"
    >
      <div
        className="h-full bg-accent-fill transition-[width] duration-200"
        style={{ width: `${share}%` }}
      />
    </div>
  );
}

function note(item: UploadItem): string {
  switch (item.status) {
    case 'queued':
      return 'waiting';
    case 'paused':
      return `paused at ${formatBytes(item.sent)} of ${formatBytes(item.bytes)}`;
    case 'conflict':
      return 'A file of this name exists already.';
    case 'failed':
      return item.error ?? 'failed';
    case 'done':
      return formatBytes(item.bytes);
    case 'skipped':
      return 'not uploaded';
    default:
      return `${formatBytes(item.sent)} of ${formatBytes(item.bytes)}`;
  }
}

function Line({ item, taken }: { item: UploadItem; taken: (path: string) => boolean }) {
  const resolve = (how: Resolution) => resolveConflict([item.id], how, taken);
  const open = item.status !== 'done' && item.status !== 'skipped';
  const running = item.status === 'sending' || item.status === 'queued';
  return (
    <li className="flex flex-col gap-1 border-b border-line px-3 py-2 last:border-0">
      <div className="flex items-center gap-2">
        {item.status === 'done' && <Check size={14} className="shrink-0 text-success" />}
        {item.status === 'failed' && <CircleX size={14} className="shrink-0 text-danger" />}
        <span className="min-w-0 flex-1 truncate font-medium" title={item.path}>
          {item.path}
        </span>
        {running && (
          <IconButton small label="Pause" onClick={() => pauseUpload(item.id)}>
            <Pause size={14} />
          </IconButton>
        )}
        {(item.status === 'paused' || item.status === 'failed') && (
          <IconButton small label="Resume" onClick={() => resumeUpload(item.id)}>
            <Play size={14} />
          </IconButton>
        )}
        {open && item.status !== 'conflict' && (
          <IconButton small label="Cancel" onClick={() => cancelUpload(item.id)}>
            <X size={14} />
          </IconButton>
        )}
      </div>
      {(item.status === 'sending' || item.status === 'paused') && <Bar item={item} />}
      <span className={item.status === 'failed' ? 'text-sm text-danger' : 'num text-sm text-muted'}>
        {note(item)}
      </span>
      {item.status === 'conflict' && (
        <span className="flex flex-wrap gap-1.5">
          <Button onClick={() => resolve('replace')}>Replace</Button>
          <Button onClick={() => resolve('keepBoth')}>Keep both</Button>
          <Button variant="ghost" onClick={() => resolve('skip')}>
            Skip
          </Button>
        </span>
      )}
    </li>
  );
}

/** Progress of the uploads, in the corner of the files page. */
export function UploadPanel({ taken }: { taken: (path: string) => boolean }) {
  const items = useStore(uploads);
  const [folded, setFolded] = useState(false);
  if (items.length === 0) return null;
  const { open, done, bytes, sent } = totals(items);
  const conflicts = items.filter(({ status }) => status === 'conflict').map(({ id }) => id);
  const title = open
    ? `Uploading ${open} ${open === 1 ? 'file' : 'files'}, ${formatBytes(sent)} of ${formatBytes(bytes)}`
    : `Uploaded ${done} ${done === 1 ? 'file' : 'files'}`;
  return (
    <section
      aria-label="Uploads"
      className="slide-up absolute inset-x-3 bottom-3 z-20 flex max-h-[50%] flex-col rounded-lg border border-line bg-raised shadow-pop md:left-auto md:w-96"
    >
      <header className="flex items-center gap-1 border-b border-line py-1 pr-1 pl-3">
        <h2 className="num flex-1 truncate" aria-live="polite">
          {title}
        </h2>
        <IconButton
          small
          label={folded ? 'Show uploads' : 'Fold uploads'}
          onClick={() => setFolded(!folded)}
        >
          {folded ? <ChevronUp size={14} /> : <ChevronDown size={14} />}
        </IconButton>
        {open === 0 && (
          <IconButton small label="Close" onClick={clearFinished}>
            <X size={14} />
          </IconButton>
        )}
      </header>
      {!folded && conflicts.length > 1 && (
        <div className="flex items-center gap-1.5 border-b border-line px-3 py-1.5">
          <span className="flex-1 text-muted">{conflicts.length} exist already</span>
          <Button onClick={() => resolveConflict(conflicts, 'replace', taken)}>Replace all</Button>
          <Button onClick={() => resolveConflict(conflicts, 'keepBoth', taken)}>Keep all</Button>
          <Button variant="ghost" onClick={() => resolveConflict(conflicts, 'skip', taken)}>
            Skip all
          </Button>
        </div>
      )}
      {!folded && (
        <ul className="overflow-y-auto">
          {items.map((item) => (
            <Line key={item.id} item={item} taken={taken} />
          ))}
        </ul>
      )}
    </section>
  );
}
