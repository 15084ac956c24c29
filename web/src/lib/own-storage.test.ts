import { beforeEach, expect, test, vi } from 'vitest';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.useFakeTimers();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
});

/** The module as another tab, or a page that is loaded anew, has it. */
async function openPage() {
  vi.resetModules();
  const own = await import('./own-storage');
  return { ...own, store: own.createOwnStore<string[]>('sql.tabs', () => []) };
}
const settle = () => vi.advanceTimersByTime(1000);
const words = () => [...kept.values()].join();

test('a reload keeps the values, for the same person', async () => {
  const page = await openPage();
  page.ownStorageOf('ann');
  page.store.set(['select 1']);
  settle();
  const again = await openPage();
  again.ownStorageOf('ann');
  expect(again.store.get()).toEqual(['select 1']);
});

test('signing out removes them, also what is about to be written', async () => {
  const page = await openPage();
  page.ownStorageOf('ann');
  page.store.set(['select 1']);
  page.clearOwnStorage();
  // The editor leaves the page only now.
  page.store.set(['select 1']);
  settle();
  expect(words()).not.toContain('select');
  page.ownStorageOf('ann');
  expect(page.store.get()).toEqual([]);
});

test('a session that ended leaves them to the same person only', async () => {
  const page = await openPage();
  page.ownStorageOf('ann');
  page.store.set(['select 1']);
  settle();
  page.ownStorageOf('ann');
  expect(page.store.get()).toEqual(['select 1']);
  page.ownStorageOf('bert');
  expect(page.store.get()).toEqual([]);
  expect(words()).not.toContain('select');
});

test('another tab neither shows them to the next person nor writes them again', async () => {
  const first = await openPage();
  first.ownStorageOf('ann');
  const second = await openPage();
  second.ownStorageOf('ann');
  second.store.set(['select 1']);
  first.clearOwnStorage();
  first.ownStorageOf('bert');
  settle();
  expect(words()).not.toContain('select');
  second.ownStorageOf('bert');
  expect(second.store.get()).toEqual([]);
});

test('what nobody is known to own is shown to nobody', async () => {
  kept.set('openbricks.sql.tabs', '["select 1"]');
  const page = await openPage();
  page.ownStorageOf('bert');
  expect(page.store.get()).toEqual([]);
  expect(words()).not.toContain('select');
});
