import { readStored, removeStored, storedStore, writeStored } from '@/lib/storage';
import type { Store } from '@/lib/store';

/** What the browser keeps of one person's work: it goes when they sign out, or when somebody else
 * signs in. A session that merely ends keeps it for the same person. */
const KEYS = ['sql.tabs', 'recent.tables', 'catalog.expanded'] as const;
type Key = (typeof KEYS)[number];

const OWNER_KEY = 'owner';
const storedOwner = () => readStored<string | null>(OWNER_KEY, null);

const reloads: (() => void)[] = [];
/** Whose the values in this page are; another tab may have left the storage to somebody else. */
let owner = storedOwner();

/** A store whose value survives a reload, but not its owner. */
export function createOwnStore<T>(key: Key, fallback: () => T): Store<T> {
  const read = () => readStored<T | undefined>(key, undefined) ?? fallback();
  const store = storedStore(key, read(), () => owner !== null && storedOwner() === owner);
  reloads.push(() => store.set(read()));
  return store;
}

function become(next: string | null): void {
  owner = next;
  for (const reload of reloads) reload();
}

/** Somebody is signed in. */
export function ownStorageOf(user: string): void {
  if (storedOwner() !== user) {
    KEYS.forEach(removeStored);
    writeStored(OWNER_KEY, user);
  }
  if (owner !== user) become(user);
}

/** They signed out. */
export function clearOwnStorage(): void {
  KEYS.forEach(removeStored);
  removeStored(OWNER_KEY);
  become(null);
}
