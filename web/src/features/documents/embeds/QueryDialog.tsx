import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { savedQueries } from '@/api/query';
import { Field, Select, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import type { SqlEmbedValue } from '@/features/documents/editor/mounts';

interface Props {
  value: SqlEmbedValue;
  onSave(value: SqlEmbedValue): void;
  onClose(): void;
}

/** Which query stands in the text: a saved one, or one of its own. */
export function QueryDialog({ value, onSave, onClose }: Props) {
  const saved = useQuery(savedQueries());
  const [query, setQuery] = useState(value.query);
  const [view, setView] = useState(value.view);
  const chosen = saved.data?.find(({ id }) => id === query);
  return (
    <FormModal
      title="Live query"
      description="It runs when the document is opened, with the rights of whoever reads it."
      submit="Save"
      busy={false}
      error={undefined}
      disabled={!query.trim()}
      onSubmit={() => query.trim() && onSave({ query: query.trim(), view })}
      onClose={onClose}
    >
      <Field label="Query">
        {(control) => (
          <Select
            {...control}
            value={chosen?.id ?? ''}
            onChange={(event) => setQuery(event.target.value)}
          >
            <option value="">Written here</option>
            {saved.data?.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {!chosen && (
        <Field label="SQL" hint="One statement that reads.">
          {(control) => (
            <TextArea
              {...control}
              autoFocus
              rows={6}
              spellCheck={false}
              className="font-mono"
              value={query}
              onChange={(event) => setQuery(event.target.value)}
            />
          )}
        </Field>
      )}
      <Field label="Show as">
        {(control) => (
          <Select
            {...control}
            value={view}
            onChange={(event) => setView(event.target.value as typeof view)}
          >
            <option value="table">Table</option>
            <option value="chart">Chart</option>
          </Select>
        )}
      </Field>
    </FormModal>
  );
}
