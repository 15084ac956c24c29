import { useQuery } from '@tanstack/react-query';
import { tablesQuery } from '@/api/catalog';
import { Field, Input, Select } from '@/components/Field';
import { SchemaFields } from '@/features/files/SchemaFields';
import type { Draft, TableMode } from '@/features/files/make-table/draft';

type Target = Omit<Draft, 'columns'>;

interface Props {
  target: Target;
  problem: string | undefined;
  onChange(target: Target): void;
}

const HINTS: Record<TableMode, string> = {
  create: 'A new table.',
  append: 'The rows are added; columns are matched by name.',
  overwrite: 'The rows replace those there; older versions stay readable.',
};

/** Which table, and whether it is made, added to or overwritten. */
export function TargetFields({ target, problem, onChange }: Props) {
  const tables = useQuery(tablesQuery(target.catalog, target.schema));
  const names = (tables.data ?? []).filter(({ kind }) => kind !== 'view').map(({ name }) => name);
  const exists = names.some((name) => name.toLowerCase() === target.name.toLowerCase());
  const clash =
    target.mode === 'create' && exists
      ? 'There is a table of this name. Append to it, overwrite it, or choose another name.'
      : undefined;
  return (
    <div className="grid gap-3 md:grid-cols-2">
      <SchemaFields place={target} onChange={(place) => onChange({ ...target, ...place })} />
      <div className="grid grid-cols-[1fr_130px] gap-3">
        <Field label="Table" error={problem ?? clash} hint={HINTS[target.mode]}>
          {(control) => (
            <>
              <Input
                {...control}
                autoComplete="off"
                list={target.mode === 'create' ? undefined : 'tables-here'}
                value={target.name}
                onChange={(event) => onChange({ ...target, name: event.target.value })}
              />
              <datalist id="tables-here">
                {names.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label="Mode">
          {(control) => (
            <Select
              {...control}
              value={target.mode}
              onChange={(event) => onChange({ ...target, mode: event.target.value as TableMode })}
            >
              <option value="create">Create</option>
              <option value="append">Append</option>
              <option value="overwrite">Overwrite</option>
            </Select>
          )}
        </Field>
      </div>
    </div>
  );
}
