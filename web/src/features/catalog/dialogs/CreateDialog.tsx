import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createCatalog, createSchema, createVolume } from '@/api/catalog';
import { ApiError } from '@/api/errors';
import { workspaces } from '@/api/workspaces';
import { Field, Input, Select } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { closeCatalogDialog, type CatalogDialog } from '@/features/catalog/dialogs/store';
import { refreshCatalog } from '@/features/catalog/refresh';
import { nameProblem } from '@/lib/identifiers';

type Create = Exclude<CatalogDialog, { kind: 'create-external' | 'rename' | 'comment' | 'drop' }>;

const TEXTS = {
  'create-catalog': { what: 'catalog', hint: 'A catalog holds schemas, for example one per team.' },
  'create-schema': { what: 'schema', hint: 'A schema holds tables, views and volumes.' },
  'create-volume': { what: 'volume', hint: 'A volume holds files, such as uploads and exports.' },
};

export function CreateDialog({ dialog }: { dialog: Create }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [comment, setComment] = useState('');
  const [workspace, setWorkspace] = useState('');
  const places = useQuery({ ...workspaces(), enabled: dialog.kind === 'create-catalog' });
  const shared = places.data?.filter(({ own }) => own.includes('create')) ?? [];
  const [tried, setTried] = useState(false);
  const { what, hint } = TEXTS[dialog.kind];

  const create = useAction(async () => {
    const values = { name, ...(comment && { comment }) };
    if (dialog.kind === 'create-catalog')
      await createCatalog({ ...values, ...(workspace && { workspace }) });
    else if (dialog.kind === 'create-schema') await createSchema(dialog.catalog, values);
    else await createVolume(dialog.catalog, dialog.schema, values);
    await refreshCatalog();
    closeCatalogDialog();
    toast({ title: `Created ${what} ${name}`, tone: 'success' });
    if (dialog.kind === 'create-catalog') {
      await navigate({ to: '/catalog/$catalog', params: { catalog: name } });
    } else if (dialog.kind === 'create-schema') {
      const params = { catalog: dialog.catalog, schema: name };
      await navigate({ to: '/catalog/$catalog/$schema', params });
    } else {
      const params = { catalog: dialog.catalog, schema: dialog.schema, volume: name, _splat: '' };
      await navigate({ to: '/files/$catalog/$schema/$volume/$', params });
    }
  });
  const refused = create.error instanceof ApiError ? create.error.field('name') : undefined;
  const problem = refused ?? (tried ? nameProblem(name) : undefined);
  const submit = () => {
    setTried(true);
    if (!nameProblem(name)) create.run();
  };
  return (
    <FormModal
      title={`Create ${what}`}
      description={hint}
      onClose={closeCatalogDialog}
      onSubmit={submit}
      submit="Create"
      busy={create.busy}
      error={refused ? undefined : create.error}
    >
      <Field label="Name" error={problem}>
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
      <Field label="Comment" hint="Optional: what it is for.">
        {(control) => (
          <Input
            {...control}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Field>
      {shared.length > 0 && (
        <Field
          label="Workspace"
          hint={workspace ? 'Its members use the catalog by their role.' : undefined}
        >
          {(control) => (
            <Select
              {...control}
              value={workspace}
              onChange={(event) => setWorkspace(event.target.value)}
            >
              <option value="">None</option>
              {shared.map(({ id, name: label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </FormModal>
  );
}
