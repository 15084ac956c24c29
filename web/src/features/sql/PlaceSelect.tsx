import { useQuery } from '@tanstack/react-query';
import { catalogsQuery, schemasQuery } from '@/api/catalog';
import { Select } from '@/components/Field';
import { updateTab, type SqlTab } from '@/features/sql/tabs';

/** A list that surely holds the chosen name, also while it loads. */
const withChosen = (names: string[] | undefined, chosen: string): string[] =>
  names?.includes(chosen) ? names : [chosen, ...(names ?? [])];

/** Where names without a catalog or schema are looked up. */
export function PlaceSelect({ tab }: { tab: SqlTab }) {
  const catalogs = useQuery(catalogsQuery());
  const schemas = useQuery(schemasQuery(tab.catalog));
  const catalogNames = withChosen(
    catalogs.data?.map(({ name }) => name),
    tab.catalog,
  );
  const schemaNames = withChosen(
    schemas.data?.map(({ name }) => name),
    tab.schema,
  );
  return (
    <div className="flex min-w-0 items-center gap-1 max-md:order-last max-md:basis-full">
      <Select
        aria-label="Default catalog"
        title="Default catalog"
        className="md:max-w-32"
        value={tab.catalog}
        onChange={(event) => updateTab(tab.id, { catalog: event.target.value, schema: 'default' })}
      >
        {catalogNames.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <span className="text-faint">.</span>
      <Select
        aria-label="Default schema"
        title="Default schema"
        className="md:max-w-32"
        value={tab.schema}
        onChange={(event) => updateTab(tab.id, { schema: event.target.value })}
      >
        {schemaNames.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </div>
  );
}
