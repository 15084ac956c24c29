import { toast } from '@/components/toasts';
import type { Shared } from '@/features/sharing/store';
import { uuid } from '@/lib/ids';
import { createOwnStore } from '@/lib/own-storage';

/** An open query; kept in the browser. */
export interface SqlTab {
  id: string;
  title: string;
  sql: string;
  /** The saved query that it was opened from or saved as. */
  savedId?: string;
  savedSql?: string;
  catalog: string;
  schema: string;
  /** Most rows to return; undefined: all. */
  rowLimit: number | undefined;
}

export interface SqlTabs {
  tabs: SqlTab[];
  active: string;
}

export const DEFAULT_LIMIT = 1000;

function freshTab(tabs: SqlTab[], values: Partial<SqlTab> = {}): SqlTab {
  const numbers = tabs.map(({ title }) => Number(/^Query (\d+)$/.exec(title)?.[1] ?? 0));
  return {
    id: uuid(),
    title: `Query ${Math.max(0, ...numbers) + 1}`,
    sql: '',
    catalog: 'main',
    schema: 'default',
    rowLimit: DEFAULT_LIMIT,
    ...values,
  };
}

export const sqlTabs = createOwnStore<SqlTabs>('sql.tabs', () => {
  const first = freshTab([]);
  return { tabs: [first], active: first.id };
});

/** Opens a tab; one that holds the same text, or an empty one in front, is used instead. */
export function addTab(values: Partial<SqlTab> = {}): string {
  const { tabs, active } = sqlTabs.get();
  const current = tabs.find((tab) => tab.id === active);
  const same = values.sql && tabs.find((tab) => tab.sql === values.sql && !tab.savedId);
  if (same) {
    activateTab(same.id);
    return same.id;
  }
  if (current && values.sql && !current.sql.trim() && !current.savedId) {
    updateTab(current.id, values);
    return current.id;
  }
  const place = current ? { catalog: current.catalog, schema: current.schema } : {};
  const tab = freshTab(tabs, { ...place, ...values });
  sqlTabs.set({ tabs: [...tabs, tab], active: tab.id });
  return tab.id;
}

export function updateTab(id: string, values: Partial<SqlTab>): void {
  sqlTabs.set((before) => ({
    ...before,
    tabs: before.tabs.map((tab) => (tab.id === id ? { ...tab, ...values } : tab)),
  }));
}

export const activateTab = (id: string): void =>
  sqlTabs.set((before) => ({ ...before, active: id }));

/** Closes a tab and gives what brings it back. There is always one tab. */
export function closeTab(id: string): () => void {
  const before = sqlTabs.get();
  const index = before.tabs.findIndex((tab) => tab.id === id);
  const closed = before.tabs[index];
  if (!closed) return () => undefined;
  const rest = before.tabs.filter((tab) => tab.id !== id);
  const tabs = rest.length > 0 ? rest : [freshTab([])];
  const neighbour = tabs[Math.min(index, tabs.length - 1)]!;
  sqlTabs.set({ tabs, active: before.active === id ? neighbour.id : before.active });
  return () => {
    const now = sqlTabs.get();
    sqlTabs.set({
      tabs: [...now.tabs.slice(0, index), closed, ...now.tabs.slice(index)],
      active: closed.id,
    });
  };
}

/** Closes a tab; one with text can be brought back. */
export function closeWithUndo(tab: SqlTab): void {
  const undo = closeTab(tab.id);
  if (tab.sql.trim()) {
    toast({ title: `Closed “${tab.title}”`, action: { label: 'Undo', run: undo } });
  }
}

/** A saved query as it is shared. */
export const sharedQuery = ({ id, name }: { id: string; name: string }): Shared => ({
  secured: { type: 'saved_query', object: id },
  name,
  path: `/sql?q=${encodeURIComponent(id)}`,
});

/** Opens a saved query, or moves to the tab where it is open. */
export function openSaved(saved: { id: string; name: string; sql: string }): void {
  const open = sqlTabs.get().tabs.find((tab) => tab.savedId === saved.id);
  if (open) activateTab(open.id);
  else addTab({ title: saved.name, sql: saved.sql, savedId: saved.id, savedSql: saved.sql });
}
