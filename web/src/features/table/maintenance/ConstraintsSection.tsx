import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { IconButton } from '@/components/IconButton';
import { AddConstraintDialog } from '@/features/table/maintenance/AddConstraintDialog';
import { runChange } from '@/features/table/maintenance/change';
import { Section } from '@/features/table/maintenance/Section';
import {
  constraintsOf,
  dropConstraintSql,
  type Constraint,
} from '@/features/table/maintenance/statements';
import { mayManage } from '@/features/table/rights';
import { qualified } from '@/lib/identifiers';

/** What every row must satisfy. */
export function ConstraintsSection({ name, detail }: { name: TableName; detail: TableDetail }) {
  const [adding, setAdding] = useState(false);
  const [dropping, setDropping] = useState<Constraint>();
  const table = qualified(name.catalog, name.schema, name.table);
  const constraints = constraintsOf(detail);
  const manages = mayManage(detail);
  return (
    <Section
      title="Constraints"
      text="Statements that would write a row that breaks one are refused."
      actions={
        manages && (
          <Button icon={<Plus size={14} />} onClick={() => setAdding(true)}>
            Add constraint
          </Button>
        )
      }
    >
      {constraints.length === 0 ? (
        <p className="text-muted">None yet: all rows that fit the columns are taken.</p>
      ) : (
        <ul className="rounded-md border border-line">
          {constraints.map((constraint) => (
            <li
              key={`${constraint.kind} ${constraint.name}`}
              className="flex items-center gap-3 border-b border-line py-1 pr-1 pl-3 last:border-0"
            >
              <span className="font-medium wrap-anywhere">{constraint.name}</span>
              <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere text-muted">
                {constraint.kind === 'check'
                  ? `CHECK (${constraint.condition})`
                  : constraint.condition}
              </code>
              {manages && (
                <IconButton
                  label={`Drop ${constraint.name}`}
                  onClick={() => setDropping(constraint)}
                >
                  <Trash2 size={14} />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && (
        <AddConstraintDialog table={table} detail={detail} onClose={() => setAdding(false)} />
      )}
      {dropping && (
        <ConfirmModal
          title={
            dropping.kind === 'check'
              ? `Drop the constraint ${dropping.name}?`
              : `Allow NULL in ${dropping.name}?`
          }
          action="Drop"
          onConfirm={() => runChange(dropConstraintSql(table, dropping))}
          onClose={() => setDropping(undefined)}
        >
          <p className="text-muted">Rows that break it can then be written.</p>
        </ConfirmModal>
      )}
    </Section>
  );
}
