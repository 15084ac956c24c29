import { useState } from 'react';
import type { TableDetail } from '@/api/types';
import { Field, Input, Select, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { runChange } from '@/features/table/maintenance/change';
import {
  addCheckSql,
  setNotNullSql,
  type Constraint,
} from '@/features/table/maintenance/statements';

interface Props {
  table: string;
  detail: TableDetail;
  onClose(): void;
}

export function AddConstraintDialog({ table, detail, onClose }: Props) {
  const nullable = detail.columns.filter((column) => column.nullable).map(({ name }) => name);
  const [kind, setKind] = useState<Constraint['kind']>('check');
  const [name, setName] = useState('');
  const [condition, setCondition] = useState('');
  const [column, setColumn] = useState(nullable[0] ?? '');
  const add = useAction(async () => {
    await runChange(
      kind === 'check' ? addCheckSql(table, name.trim(), condition) : setNotNullSql(table, column),
    );
    onClose();
  });
  const ready = kind === 'check' ? name.trim() !== '' && condition.trim() !== '' : column !== '';
  return (
    <FormModal
      title="Add constraint"
      description="All rows are checked first."
      submit="Add"
      busy={add.busy}
      disabled={!ready}
      error={add.error}
      onSubmit={() => ready && add.run()}
      onClose={onClose}
    >
      <Field label="Kind">
        {(control) => (
          <Select
            {...control}
            value={kind}
            onChange={(event) => setKind(event.target.value as Constraint['kind'])}
          >
            <option value="check">A condition (CHECK)</option>
            <option value="notNull" disabled={nullable.length === 0}>
              A column without NULL (NOT NULL)
            </option>
          </Select>
        )}
      </Field>
      {kind === 'check' ? (
        <>
          <Field label="Name">
            {(control) => (
              <Input
                {...control}
                autoFocus
                autoComplete="off"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Condition" hint="On columns of one row, such as price >= 0.">
            {(control) => (
              <TextArea
                {...control}
                spellCheck={false}
                className="font-mono"
                value={condition}
                onChange={(event) => setCondition(event.target.value)}
              />
            )}
          </Field>
        </>
      ) : (
        <Field label="Column">
          {(control) => (
            <Select {...control} value={column} onChange={(event) => setColumn(event.target.value)}>
              {nullable.map((item) => (
                <option key={item}>{item}</option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </FormModal>
  );
}
