import { useLocation, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { updateCatalog, updateSchema, updateTable } from '@/api/catalog';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { closeCatalogDialog, targetName, type Target } from '@/features/catalog/dialogs/store';
import { refreshTables } from '@/features/catalog/refresh';
import { forgetTable } from '@/features/table/recent';
import { nameProblem } from '@/lib/identifiers';

async function rename(target: Target, name: string): Promise<void> {
  if (target.kind === 'catalog') await updateCatalog(target.catalog, { name });
  else if (target.kind === 'schema') await updateSchema(target.catalog, target.schema, { name });
  else if (target.kind === 'volume') throw new Error('A volume cannot be renamed.');
  else {
    await updateTable(target, { name });
    forgetTable(target);
  }
}

export function RenameDialog({ target }: { target: Target }) {
  const before = targetName(target);
  const [name, setName] = useState(before);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const action = useAction(async () => {
    await rename(target, name);
    closeCatalogDialog();
    if (pathname.startsWith('/catalog')) {
      if (target.kind === 'catalog') {
        await navigate({ to: '/catalog/$catalog', params: { catalog: name } });
      } else if (target.kind === 'schema') {
        const params = { catalog: target.catalog, schema: name };
        await navigate({ to: '/catalog/$catalog/$schema', params });
      } else if (target.kind !== 'volume') {
        const params = { catalog: target.catalog, schema: target.schema, table: name };
        await navigate({ to: '/catalog/$catalog/$schema/$table', params });
      }
    }
    await refreshTables();
    toast({ title: `Renamed ${before} to ${name}`, tone: 'success' });
  });
  const problem = nameProblem(name);
  const submit = () => {
    if (name === before) closeCatalogDialog();
    else if (!problem) action.run();
  };
  return (
    <FormModal
      title={`Rename ${target.kind} ${before}`}
      onClose={closeCatalogDialog}
      onSubmit={submit}
      submit="Rename"
      busy={action.busy}
      error={action.error}
      disabled={Boolean(problem)}
    >
      <Field
        label="New name"
        error={problem}
        hint="Queries and views that use the old name will no longer find it."
      >
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={name}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}
