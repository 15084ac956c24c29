import { createStore, type Store } from '@/lib/store';

const PREFIX = 'openbricks.';

/** Reads a JSON value kept in the browser; `fallback` when absent, unreadable or blocked. */
export function readStored<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Keeps a JSON value in the browser. Storage may be full or blocked; the page works without. */
export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch (error) {
    console.warn(`could not keep "${key}" in this browser`, error);
  }
}

export function removeStored(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Blocked: nothing was kept either.
  }
}

const WRITE_DELAY = 250; // milliseconds, so that typing does not write at every key

/** A store whose value survives a reload. */
export const createStoredStore = <T>(key: string, fallback: T): Store<T> =>
  storedStore(key, readStored(key, fallback), () => true);

/** A store of a value that was read; changes are kept while `may` says so. */
export function storedStore<T>(key: string, value: T, may: () => boolean): Store<T> {
  const store = createStore(value);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    if (may()) writeStored(key, store.get());
  };
  store.subscribe(() => {
    timer ??= setTimeout(flush, WRITE_DELAY);
  });
  globalThis.addEventListener?.('pagehide', flush);
  return store;
}
