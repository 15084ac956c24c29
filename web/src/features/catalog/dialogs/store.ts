import type { TableName } from '@/api/catalog';
import { createStore } from '@/lib/store';

/** An object of the catalog that a dialog acts on. */
export type Target =
  | { kind: 'catalog'; catalog: string; comment?: string }
  | { kind: 'schema'; catalog: string; schema: string; comment?: string }
  | ({ kind: 'table' | 'view'; comment?: string } & TableName)
  | { kind: 'volume'; catalog: string; schema: string; volume: string };

export type CatalogDialog =
  | { kind: 'create-catalog' }
  | { kind: 'create-schema'; catalog: string }
  | { kind: 'create-volume'; catalog: string; schema: string }
  | { kind: 'create-external'; catalog: string; schema: string }
  | { kind: 'rename' | 'comment' | 'drop'; target: Target };

/** The dialog that is open, from wherever it was asked for. */
export const catalogDialog = createStore<CatalogDialog | undefined>(undefined);
export const openCatalogDialog = (dialog: CatalogDialog): void => catalogDialog.set(dialog);
export const closeCatalogDialog = (): void => catalogDialog.set(undefined);

export function targetName(target: Target): string {
  switch (target.kind) {
    case 'catalog':
      return target.catalog;
    case 'schema':
      return target.schema;
    case 'volume':
      return target.volume;
    default:
      return target.table;
  }
}
