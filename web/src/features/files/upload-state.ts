import type { VolumeName } from '@/api/files';

export type UploadStatus =
  | 'queued'
  | 'sending'
  | 'paused'
  | 'conflict' // a file of that name exists: the user decides
  | 'failed'
  | 'done'
  | 'skipped';

export interface UploadItem {
  id: string;
  volume: VolumeName;
  /** Path inside the volume. */
  path: string;
  bytes: number;
  sent: number;
  status: UploadStatus;
  overwrite: boolean;
  /** The server's name for a resumable upload that has begun. */
  uploadId?: string;
  error?: string;
}

export type UploadEvent =
  | { type: 'begin' }
  | { type: 'opened'; uploadId: string }
  | { type: 'progress'; sent: number }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'conflict' }
  | { type: 'replace' }
  | { type: 'keepBoth'; path: string }
  | { type: 'skip' }
  | { type: 'fail'; error: string }
  | { type: 'finish' };

const ALLOWED: Record<UploadEvent['type'], UploadStatus[]> = {
  begin: ['queued'],
  opened: ['sending'],
  progress: ['sending'],
  pause: ['queued', 'sending'],
  resume: ['paused', 'failed'],
  conflict: ['sending'],
  replace: ['conflict'],
  keepBoth: ['conflict'],
  skip: ['conflict', 'queued', 'sending', 'paused', 'failed'],
  fail: ['sending'],
  finish: ['sending'],
};

/** The upload after an event; the same one when the event does not fit its state. */
export function step(item: UploadItem, event: UploadEvent): UploadItem {
  if (!ALLOWED[event.type].includes(item.status)) return item;
  const { error, uploadId, ...rest } = item;
  void error; // told once: the next event clears it
  const kept = uploadId ? { ...rest, uploadId } : rest;
  switch (event.type) {
    case 'begin':
      return { ...kept, status: 'sending' };
    case 'opened':
      return { ...kept, uploadId: event.uploadId };
    case 'progress':
      return { ...kept, sent: Math.min(event.sent, item.bytes) };
    case 'pause':
      return { ...kept, status: 'paused' };
    case 'resume':
      return { ...kept, status: 'queued' };
    case 'conflict':
      return { ...rest, status: 'conflict', sent: 0 };
    case 'replace':
      return { ...rest, status: 'queued', overwrite: true };
    case 'keepBoth':
      return { ...rest, status: 'queued', path: event.path };
    case 'skip':
      return { ...rest, status: 'skipped' };
    case 'fail':
      return { ...kept, status: 'failed', error: event.error };
    case 'finish':
      return { ...rest, status: 'done', sent: item.bytes };
  }
}

/** "data/a.csv" → "data/a (2).csv", the first number that is free. */
export function freePath(path: string, taken: (path: string) => boolean): string {
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.indexOf('.', slash + 1);
  const stem = dot < 0 ? path : path.slice(0, dot);
  const ending = dot < 0 ? '' : path.slice(dot);
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} (${number})${ending}`;
    if (!taken(candidate)) return candidate;
  }
}

/** All uploads together, for the panel's heading. */
export function totals(items: UploadItem[]) {
  const counted = items.filter(({ status }) => status !== 'skipped');
  const open = counted.filter(({ status }) => status !== 'done').length;
  const bytes = counted.reduce((sum, item) => sum + item.bytes, 0);
  const sent = counted.reduce((sum, item) => sum + item.sent, 0);
  return { open, done: counted.length - open, bytes, sent };
}
