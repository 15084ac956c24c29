import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { runQuery } from '@/api/query';
import { storageCredentials } from '@/api/storage';
import { Field, Input, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { closeCatalogDialog } from '@/features/catalog/dialogs/store';
import { refreshCatalog } from '@/features/catalog/refresh';
import { nameProblem, qualified, quoteText } from '@/lib/identifiers';

/** Attaches a Delta table that lies elsewhere, or makes one there. */
export function ExternalTableDialog({ catalog, schema }: { catalog: string; schema: string }) {
  const navigate = useNavigate();
  const credentials = useQuery(storageCredentials());
  const [name, setName] = useState('');
  const [location, setLocation] = useState('');
  const [columns, setColumns] = useState('');
  const [tried, setTried] = useState(false);
  // "s3://bucket/prefix/" of "s3://bucket/prefix?region=…"
  const places = (credentials.data ?? []).flatMap(({ urls }) =>
    urls.map((url) => `${url.replace(/\?.*/, '').replace(/\/+$/, '')}/`),
  );
  const create = useAction(async () => {
    const list = columns.trim() && ` (${columns.trim()})`;
    const table = qualified(catalog, schema, name.trim());
    await runQuery({ sql: `CREATE TABLE ${table}${list} LOCATION ${quoteText(location.trim())}` });
    await refreshCatalog();
    closeCatalogDialog();
    toast({ title: `Added the table ${name.trim()}`, tone: 'success' });
    const params = { catalog, schema, table: name.trim() };
    await navigate({ to: '/catalog/$catalog/$schema/$table', params });
  });
  const problem = nameProblem(name.trim());
  const submit = () => {
    setTried(true);
    if (!problem && location.trim()) create.run();
  };
  return (
    <FormModal
      title="Add external table"
      description="Its files stay where they are, and are not deleted when the table is dropped."
      submit="Add"
      busy={create.busy}
      error={create.error}
      onSubmit={submit}
      onClose={closeCatalogDialog}
    >
      <Field label="Name" error={tried ? problem : undefined}>
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
      <Field
        label="Location"
        hint="A directory below a URL of a storage credential, or in an external location of the server."
        error={tried && !location.trim() ? 'Enter a location.' : undefined}
      >
        {(control) => (
          <>
            <Input
              {...control}
              autoComplete="off"
              list="external-places"
              placeholder={places[0] ? `${places[0]}table` : 's3://bucket/prefix/table'}
              className="font-mono"
              value={location}
              onChange={(event) => setLocation(event.target.value)}
            />
            <datalist id="external-places">
              {places.map((place) => (
                <option key={place} value={place} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field
        label="Columns of a new table"
        hint="Such as id BIGINT, name STRING. Empty: the Delta table that is there already."
      >
        {(control) => (
          <TextArea
            {...control}
            spellCheck={false}
            className="font-mono"
            value={columns}
            onChange={(event) => setColumns(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}
