import { session } from '@/api/session';

const PREFIX = 'openbricks-document:';
const CLEARING_KEY = 'openbricks.documents.clearing';
export const WAITING_KEY = 'waiting';
const SETTLE = 2000; // milliseconds that changes on their way get to arrive
const LOOK = 50; // milliseconds between looks whether they have

/** The name of the copy of a document that the browser keeps for one user. */
export const localCopyName = (user: string, document: string): string =>
  `${PREFIX}${user}:${document}`;

interface Open {
  connected: boolean;
  waiting: number;
}
/** Documents that this page has open know better than their copies what has not been saved. */
const open = new Map<string, () => Open>();
export function openedCopy(name: string, read: () => Open): () => void {
  open.set(name, read);
  return () => {
    if (open.get(name) === read) open.delete(name);
  };
}

async function copies(): Promise<string[]> {
  const all = (await globalThis.indexedDB?.databases?.()) ?? [];
  return all.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []));
}

/** What a copy knows of changes that the server has not confirmed. */
function waitingIn(name: string): Promise<number> {
  return new Promise((done) => {
    const request = indexedDB.open(name);
    request.onerror = () => done(0);
    // It was removed since it was listed, and is not made anew.
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onsuccess = () => {
      const db = request.result;
      const end = (count: unknown) => {
        db.close();
        done(Number(count) || 0);
      };
      try {
        const read = db.transaction('custom').objectStore('custom').get(WAITING_KEY);
        read.onsuccess = () => end(read.result);
        read.onerror = () => end(0);
      } catch {
        end(0);
      }
    };
  });
}

/** Changes to documents that signing out would lose. Those on their way get a moment to arrive. */
export async function unsavedChanges(): Promise<number> {
  const underWay = () => [...open.values()].some((read) => read().connected && read().waiting > 0);
  for (const end = Date.now() + SETTLE; underWay() && Date.now() < end;)
    await new Promise((next) => setTimeout(next, LOOK));
  let sum = 0;
  for (const read of open.values()) sum += read().waiting;
  // Where they cannot be listed, only what is open is known.
  for (const name of await copies().catch(() => []))
    if (!open.has(name)) sum += await waitingIn(name);
  return sum;
}

function remove(name: string): Promise<void> {
  return new Promise((done, fail) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => done();
    request.onerror = () => fail(request.error ?? new Error(`could not remove ${name}`));
  });
}

/** Removes the copies that this browser keeps, but not those of `user`. */
async function clearLocalCopies(user?: string): Promise<void> {
  const kept = user === undefined ? undefined : localCopyName(user, '');
  const gone = (await copies()).filter((name) => kept === undefined || !name.startsWith(kept));
  await Promise.all(gone.map(remove));
}

async function clearAll(): Promise<void> {
  // A page that is closed before all are gone removes them when it comes back.
  localStorage.setItem(CLEARING_KEY, 'all');
  await clearLocalCopies();
  localStorage.removeItem(CLEARING_KEY);
}

/** Whoever signs out leaves no documents behind, nor does one whose session ended to the next who
 * signs in. A session that merely ends keeps what has not been saved yet for the same user. */
export function watchSessions(): void {
  if (localStorage.getItem(CLEARING_KEY)) void clearAll().catch(() => undefined);
  session.subscribe(() => {
    const current = session.get();
    if (current.status === 'signed-out' && current.expired === false)
      void clearAll().catch(() => undefined);
    else if (current.status === 'signed-in') {
      // A clearing that was not finished would take what is written from now on.
      localStorage.removeItem(CLEARING_KEY);
      void clearLocalCopies((current.viewer ?? current.user).id).catch(() => undefined);
    }
  });
}
