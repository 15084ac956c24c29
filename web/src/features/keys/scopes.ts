import type { Scope } from '@/api/types';

export type Access = 'none' | 'read' | 'write';

export const AREAS = [
  { id: 'sql', label: 'SQL and query history' },
  { id: 'catalog', label: 'Catalogs, schemas and tables' },
  { id: 'files', label: 'Files in volumes' },
  { id: 'documents', label: 'Documents' },
  { id: 'account', label: 'Your account and keys' },
  { id: 'permissions', label: 'Permissions, groups and roles' },
  { id: 'admin', label: 'Administration' },
] as const;

export type Area = (typeof AREAS)[number]['id'];
export type Choice = Partial<Record<Area, Access>>;

/** What the server is to be told; writing includes reading. */
export function scopesOf(choice: Choice): Scope[] {
  return AREAS.flatMap(({ id }) => {
    const access = choice[id] ?? 'none';
    return access === 'none' ? [] : [`${id}:${access}` as Scope];
  });
}

/** As people read it: "sql (read), files". */
export function scopesText(scopes: readonly string[]): string {
  return scopes
    .map((scope) => {
      const [area = scope, access] = scope.split(':');
      return access === 'read' ? `${area} (read)` : area;
    })
    .join(', ');
}
