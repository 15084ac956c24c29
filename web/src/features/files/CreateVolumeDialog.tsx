import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createVolume } from '@/api/catalog';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { refreshCatalog } from '@/features/catalog/refresh';
import { SchemaFields } from '@/features/files/SchemaFields';
import { nameProblem } from '@/lib/identifiers';

interface Props {
  append: string | undefined;
  onClose(): void;
}

export function CreateVolumeDialog({ append, onClose }: Props) {
  const navigate = useNavigate();
  const [place, setPlace] = useState({ catalog: 'main', schema: 'default' });
  const [name, setName] = useState('files');
  const problem = nameProblem(name);
  const create = useAction(async () => {
    await createVolume(place.catalog, place.schema, { name });
    await refreshCatalog();
    onClose();
    await navigate({
      to: '/files/$catalog/$schema/$volume/$',
      params: { ...place, volume: name, _splat: '' },
      search: append ? { append } : {},
    });
  });
  return (
    <FormModal
      title="Create volume"
      description="A volume holds files, such as uploads and exports."
      onClose={onClose}
      onSubmit={() => !problem && create.run()}
      submit="Create"
      busy={create.busy}
      error={create.error}
      disabled={Boolean(problem)}
    >
      <Field label="Name" error={problem}>
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
      <SchemaFields place={place} onChange={setPlace} />
    </FormModal>
  );
}
