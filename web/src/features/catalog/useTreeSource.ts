import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { catalogsQuery, schemasQuery, tablesQuery, volumesQuery } from '@/api/catalog';
import type { Known, TreeSource } from '@/features/catalog/tree-model';

const known = <T>(result: UseQueryResult<T[]> | undefined): Known<T> =>
  result?.data ?? result?.error ?? undefined;

const has = (list: { name: string }[] | undefined, name: string): boolean =>
  list?.some((item) => item.name === name) ?? false;

/** The lists behind the tree; those of a node are fetched once it is expanded. */
export function useTreeSource(expanded: ReadonlySet<string>): TreeSource {
  const parts = [...expanded].map((id) => id.split('/'));
  // What was open may have been dropped since: only what the list above it names is asked for.
  const catalogs = useQuery(catalogsQuery());
  const openCatalogs = parts.flatMap(([kind, catalog]) =>
    kind === 'c' && has(catalogs.data, catalog!) ? [catalog!] : [],
  );
  const schemas = useQueries({ queries: openCatalogs.map((name) => schemasQuery(name)) });
  const openSchemas = parts.flatMap(([kind, catalog, schema]) => {
    const siblings = schemas[openCatalogs.indexOf(catalog!)]?.data;
    return kind === 's' && has(siblings, schema!) ? [{ catalog: catalog!, schema: schema! }] : [];
  });
  const tables = useQueries({
    queries: openSchemas.map(({ catalog, schema }) => tablesQuery(catalog, schema)),
  });
  const volumes = useQueries({
    queries: openSchemas.map(({ catalog, schema }) => volumesQuery(catalog, schema)),
  });
  return {
    catalogs: known(catalogs),
    schemas: (catalog) => known(schemas[openCatalogs.indexOf(catalog)]),
    objects(catalog, schema) {
      const index = openSchemas.findIndex(
        (open) => open.catalog === catalog && open.schema === schema,
      );
      const shown = known(tables[index]);
      const held = known(volumes[index]);
      if (!Array.isArray(shown)) return shown;
      return Array.isArray(held) ? [...shown, ...held] : held;
    },
  };
}
