import { useState, type FormEvent } from 'react';
import type { TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { Checkbox, Field, Input } from '@/components/Field';
import { Outcome } from '@/features/report/Outcome';
import { useStatement } from '@/features/report/useStatement';
import { Section } from '@/features/table/maintenance/Section';
import { optimizeSql } from '@/features/table/maintenance/statements';
import { qualified } from '@/lib/identifiers';

const MOST_COLUMNS = 16; // that the server orders by
const NESTED = /^(array|map|struct)\b/i;

/** Packs small files, perhaps of some partitions alone, perhaps in an order that skips well. */
export function OptimizeSection({ name, detail }: { name: TableName; detail: TableDetail }) {
  const [where, setWhere] = useState('');
  const [zorder, setZorder] = useState<string[]>([]);
  const statement = useStatement();
  const sql = optimizeSql(qualified(name.catalog, name.schema, name.table), where, zorder);
  const columns = detail.columns.filter(
    ({ type, partition_index }) => partition_index === undefined && !NESTED.test(type),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    statement.run(sql);
  };
  const toggle = (column: string) =>
    setZorder((before) =>
      before.includes(column)
        ? before.filter((other) => other !== column)
        : [...before, column].slice(0, MOST_COLUMNS),
    );
  return (
    <Section
      title="Optimize"
      text="Packs small files into large ones, so that queries open fewer. Rows do not change."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        {detail.partition_columns.length > 0 && (
          <Field
            label="Only these partitions"
            hint={`A condition on ${detail.partition_columns.join(', ')}; empty: all.`}
            className="max-w-[520px]"
          >
            {(control) => (
              <Input
                {...control}
                placeholder={`${detail.partition_columns[0]} = …`}
                className="font-mono"
                value={where}
                onChange={(event) => setWhere(event.target.value)}
              />
            )}
          </Field>
        )}
        <fieldset className="min-w-0">
          <legend className="font-medium">Order by (Z-order)</legend>
          <p className="text-sm text-muted">
            Columns that queries filter by: all files are then written anew, so that such queries
            skip most of them.
          </p>
          <div className="mt-1 flex max-h-40 flex-wrap gap-x-4 gap-y-1 overflow-y-auto">
            {columns.map((column) => (
              <Checkbox
                key={column.name}
                checked={zorder.includes(column.name)}
                onChange={() => toggle(column.name)}
              >
                {column.name}
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" variant="primary" busy={statement.busy}>
            Optimize
          </Button>
          <code className="min-w-0 font-mono text-sm wrap-anywhere text-muted">{sql}</code>
        </div>
      </form>
      <Outcome statement={statement} table={name} />
    </Section>
  );
}
