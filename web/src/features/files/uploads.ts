import { isConflict, isNotFound, ApiError, messageOf } from '@/api/errors';
import {
  abandonUpload,
  absolutePath,
  fileUrl,
  finishUpload,
  startUpload,
  uploadState,
  uploadUrl,
  type VolumeName,
} from '@/api/files';
import { sendBytes } from '@/api/send-bytes';
import { refreshFiles } from '@/features/files/refresh';
import { freePath, step, type UploadEvent, type UploadItem } from '@/features/files/upload-state';
import { stepDone } from '@/features/home/steps';
import { uuid } from '@/lib/ids';
import { createStore } from '@/lib/store';

const CHUNK = 8 * 1024 * 1024; // bytes; also the largest file that goes in one request
const AT_ONCE = 2;
const ATTEMPTS = 5;
const FIRST_WAIT = 1000; // milliseconds; doubled at each further attempt

/** The uploads of this visit, in the order in which they were added. */
export const uploads = createStore<UploadItem[]>([]);

const files = new Map<string, File>();
const stops = new Map<string, AbortController>();

const find = (id: string) => uploads.get().find((item) => item.id === id);
const happen = (id: string, event: UploadEvent): void =>
  uploads.set((all) => all.map((item) => (item.id === id ? step(item, event) : item)));

async function sendWhole(item: UploadItem, file: File, signal: AbortSignal): Promise<void> {
  const url = `${fileUrl(item.volume, item.path)}${item.overwrite ? '?overwrite=true' : ''}`;
  const onProgress = (sent: number) => happen(item.id, { type: 'progress', sent });
  await sendBytes('PUT', url, file, { signal, onProgress });
}

/** Where to go on: the server's count for one that has begun, else the start of a new one. */
async function openUpload(item: UploadItem): Promise<{ uploadId: string; offset: number }> {
  if (item.uploadId) {
    try {
      const state = await uploadState(item.uploadId);
      return { uploadId: state.id, offset: state.offset };
    } catch (error) {
      if (!isNotFound(error)) throw error; // expired on the server: begin anew
    }
  }
  const target = absolutePath(item.volume, item.path);
  const opened = await startUpload({
    path: target,
    bytes: item.bytes,
    ...(item.overwrite && { overwrite: true }),
  });
  happen(item.id, { type: 'opened', uploadId: opened.id });
  return { uploadId: opened.id, offset: opened.offset };
}

async function sendInChunks(item: UploadItem, file: File, signal: AbortSignal): Promise<void> {
  const { uploadId, offset } = await openUpload(item);
  for (let at = offset; at < file.size; at += CHUNK) {
    signal.throwIfAborted();
    await sendBytes('PATCH', uploadUrl(uploadId), file.slice(at, at + CHUNK), {
      signal,
      headers: { 'Upload-Offset': String(at) },
      onProgress: (sent) => happen(item.id, { type: 'progress', sent: at + sent }),
    });
  }
  signal.throwIfAborted();
  await finishUpload(uploadId);
}

/** Errors that another attempt may get past: no connection, a busy server, a lost place. */
function passing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status >= 500 || error.status === 429 || error.id === 'upload.offset';
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

async function send(id: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const item = find(id)!;
    const file = files.get(id)!;
    try {
      if (file.size <= CHUNK) await sendWhole(item, file, signal);
      else await sendInChunks(item, file, signal);
      return;
    } catch (error) {
      if (signal.aborted || attempt === ATTEMPTS || !passing(error)) throw error;
      await pause(FIRST_WAIT * 2 ** (attempt - 1), signal);
      signal.throwIfAborted();
    }
  }
}

async function begin(id: string): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  happen(id, { type: 'begin' });
  try {
    await send(id, stop.signal);
    happen(id, { type: 'finish' });
    files.delete(id);
    stepDone('upload');
    await refreshFiles();
  } catch (error) {
    if (stop.signal.aborted) return; // paused or cancelled: its state says so already
    if (isConflict(error) && !find(id)!.overwrite) happen(id, { type: 'conflict' });
    else happen(id, { type: 'fail', error: messageOf(error) });
  } finally {
    if (stops.get(id) === stop) stops.delete(id);
    pump();
  }
}

function pump(): void {
  const all = uploads.get();
  const free = AT_ONCE - all.filter(({ status }) => status === 'sending').length;
  const next = all.filter(({ status }) => status === 'queued').slice(0, Math.max(0, free));
  for (const { id } of next) void begin(id);
}

/** Adds files; `path` is where inside the volume each goes. */
export function addUploads(volume: VolumeName, chosen: { path: string; file: File }[]): void {
  const items = chosen.map(({ path, file }): UploadItem => {
    const id = uuid();
    files.set(id, file);
    return { id, volume, path, bytes: file.size, sent: 0, status: 'queued', overwrite: false };
  });
  uploads.set((all) => [...all, ...items]);
  pump();
}

export function pauseUpload(id: string): void {
  happen(id, { type: 'pause' });
  stops.get(id)?.abort();
}

export function resumeUpload(id: string): void {
  happen(id, { type: 'resume' });
  pump();
}

export function cancelUpload(id: string): void {
  const uploadId = find(id)?.uploadId;
  happen(id, { type: 'skip' });
  stops.get(id)?.abort();
  files.delete(id);
  // The server drops what is left unfinished by itself, so a failure here does no harm.
  if (uploadId) abandonUpload(uploadId).catch(() => undefined);
}

export type Resolution = 'replace' | 'keepBoth' | 'skip';

/** Decides one conflict, or all that are open. `taken` tells which paths exist already. */
export function resolveConflict(
  ids: string[],
  how: Resolution,
  taken: (path: string) => boolean,
): void {
  for (const id of ids) {
    const item = find(id);
    if (!item) continue;
    if (how === 'keepBoth') {
      const others = new Set(uploads.get().map(({ path }) => path));
      const path = freePath(item.path, (other) => taken(other) || others.has(other));
      happen(id, { type: 'keepBoth', path });
    } else happen(id, { type: how });
  }
  pump();
}

export const clearFinished = (): void =>
  uploads.set((all) => all.filter(({ status }) => status !== 'done' && status !== 'skipped'));

window.addEventListener('beforeunload', (event) => {
  const busy = uploads.get().some(({ status }) => status === 'sending' || status === 'queued');
  if (busy) event.preventDefault();
});
