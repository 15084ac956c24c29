import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { IconButton } from '@/components/IconButton';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { runChange } from '@/features/table/maintenance/change';
import { Section } from '@/features/table/maintenance/Section';
import {
  propertiesOf,
  setPropertySql,
  unsetPropertySql,
} from '@/features/table/maintenance/statements';
import { mayManage } from '@/features/table/rights';
import { qualified } from '@/lib/identifiers';

const KNOWN = [
  'delta.appendOnly',
  'delta.checkpointInterval',
  'delta.deletedFileRetentionDuration',
  'delta.logRetentionDuration',
  'delta.enableExpiredLogCleanup',
  'delta.targetFileSize',
];

interface DialogProps {
  table: string;
  /** The one that is changed; a new one without. */
  property?: [string, string] | undefined;
  onClose(): void;
}

function PropertyDialog({ table, property, onClose }: DialogProps) {
  const [key, setKey] = useState(property?.[0] ?? '');
  const [value, setValue] = useState(property?.[1] ?? '');
  const save = useAction(async () => {
    await runChange(setPropertySql(table, key.trim(), value));
    onClose();
  });
  const ready = key.trim() !== '';
  return (
    <FormModal
      title={property ? `Change ${property[0]}` : 'Add property'}
      submit="Save"
      busy={save.busy}
      disabled={!ready}
      error={save.error}
      onSubmit={() => ready && save.run()}
      onClose={onClose}
    >
      {!property && (
        <Field label="Name">
          {(control) => (
            <>
              <Input
                {...control}
                autoFocus
                autoComplete="off"
                list="known-properties"
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
              <datalist id="known-properties">
                {KNOWN.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      )}
      <Field label="Value">
        {(control) => (
          <Input
            {...control}
            autoFocus={property !== undefined}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}

/** The table's own settings. */
export function PropertiesSection({ name, detail }: { name: TableName; detail: TableDetail }) {
  const [editing, setEditing] = useState<{ property?: [string, string] }>();
  const table = qualified(name.catalog, name.schema, name.table);
  const properties = propertiesOf(detail);
  const manages = mayManage(detail);
  const remove = async (key: string, value: string) => {
    await runChange(unsetPropertySql(table, key));
    const undo = () =>
      runChange(setPropertySql(table, key, value)).catch((error: unknown) =>
        toastError(`Could not set ${key} again`, error),
      );
    toast({ title: `Removed ${key}`, action: { label: 'Undo', run: undo } });
  };
  return (
    <Section
      title="Properties"
      text="Settings of the table, which all engines read."
      actions={
        manages && (
          <Button icon={<Plus size={14} />} onClick={() => setEditing({})}>
            Add property
          </Button>
        )
      }
    >
      {properties.length === 0 ? (
        <p className="text-muted">None: the defaults hold.</p>
      ) : (
        <ul className="rounded-md border border-line">
          {properties.map(([key, value]) => (
            <li
              key={key}
              className="flex items-center gap-3 border-b border-line py-1 pr-1 pl-3 last:border-0"
            >
              <span className="font-medium wrap-anywhere">{key}</span>
              <span className="min-w-0 flex-1 wrap-anywhere text-muted">{value}</span>
              {manages && (
                <>
                  <IconButton
                    label={`Change ${key}`}
                    onClick={() => setEditing({ property: [key, value] })}
                  >
                    <Pencil size={14} />
                  </IconButton>
                  <IconButton
                    label={`Remove ${key}`}
                    onClick={() => {
                      remove(key, value).catch((error: unknown) =>
                        toastError(`Could not remove ${key}`, error),
                      );
                    }}
                  >
                    <Trash2 size={14} />
                  </IconButton>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing && (
        <PropertyDialog
          table={table}
          property={editing.property}
          onClose={() => setEditing(undefined)}
        />
      )}
    </Section>
  );
}
