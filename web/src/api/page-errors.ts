import { api } from '@/api/client';
import { ApiError, ConnectionError } from '@/api/errors';
import { session } from '@/api/session';

const MOST = 10; // while the page is open: one that fails in a loop says so once

const told = new Set<string>();
let place = () => '';

/** What is no mistake of the page's: the server said no, is away, or somebody went on. */
function expected(error: Error): boolean {
  return (
    error instanceof ApiError ||
    error instanceof ConnectionError ||
    error.name === 'AbortError' ||
    error.name === 'PageLoadError'
  );
}

/** Tells the server, which tells the administrators, that the page failed. */
export function reportError(error: unknown): void {
  if (!(error instanceof Error) || expected(error)) return;
  if (session.get().status !== 'signed-in' || told.size >= MOST) return;
  const key = `${error.name} ${error.message} ${place()}`;
  if (told.has(key)) return;
  told.add(key);
  const body = {
    kind: error.name.slice(0, 100),
    message: error.message.slice(0, 2000),
    page: place().slice(0, 200),
    ...(error.stack && { stack: error.stack.slice(0, 20_000) }),
  };
  // Nobody waits for it, and a failure to tell must not be told.
  api.POST('/api/v1/page-errors', { body }).catch(() => undefined);
}

/** From now on errors that nothing caught are reported. `page`: the pattern of the page's address. */
export function watchErrors(page: () => string): void {
  place = page;
  addEventListener('error', (event) => reportError(event.error));
  addEventListener('unhandledrejection', (event) => reportError(event.reason));
}
