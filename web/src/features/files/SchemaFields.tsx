import { useQuery } from '@tanstack/react-query';
import { catalogsQuery, schemasQuery } from '@/api/catalog';
import { Field, Select } from '@/components/Field';

export interface Place {
  catalog: string;
  schema: string;
}

interface Props {
  place: Place;
  disabled?: boolean;
  onChange(place: Place): void;
}

/** Chooses a catalog and one of its schemas. */
export function SchemaFields({ place, disabled, onChange }: Props) {
  const catalogs = useQuery(catalogsQuery());
  const schemas = useQuery(schemasQuery(place.catalog));
  return (
    <div className="grid grid-cols-2 gap-3">
      <Field label="Catalog">
        {(control) => (
          <Select
            {...control}
            disabled={disabled}
            value={place.catalog}
            onChange={(event) => onChange({ catalog: event.target.value, schema: 'default' })}
          >
            {(catalogs.data ?? [{ name: place.catalog }]).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Schema">
        {(control) => (
          <Select
            {...control}
            disabled={disabled}
            value={place.schema}
            onChange={(event) => onChange({ ...place, schema: event.target.value })}
          >
            {(schemas.data ?? [{ name: place.schema }]).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}
