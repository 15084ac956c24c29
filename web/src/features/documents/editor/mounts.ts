import { createStore } from '@/lib/store';

/** A place in the text that React draws: a live query. */
export interface Mount {
  node: HTMLElement;
  value: SqlEmbedValue;
}
export interface SqlEmbedValue {
  /** SQL, or the id of a saved query. */
  query: string;
  view: 'table' | 'chart';
}

export const mounts = createStore<readonly Mount[]>([]);

export const mount = (node: HTMLElement, value: SqlEmbedValue): void =>
  mounts.set((all) => [...all.filter((other) => other.node !== node), { node, value }]);
export const unmount = (node: HTMLElement): void =>
  mounts.set((all) => all.filter((other) => other.node !== node));

/** Anything may stand in a document: only what is well-formed is run. */
export function sqlEmbed(value: unknown): SqlEmbedValue {
  const { query, view } = (value ?? {}) as Partial<SqlEmbedValue>;
  return {
    query: typeof query === 'string' ? query : '',
    view: view === 'chart' ? 'chart' : 'table',
  };
}
