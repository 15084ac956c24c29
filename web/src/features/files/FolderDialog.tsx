import { useState } from 'react';
import { createDirectory, joinPath, type VolumeName } from '@/api/files';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { refreshFiles } from '@/features/files/refresh';

function problemOf(name: string): string | undefined {
  if (!name) return 'Enter a name.';
  if (name === '.' || name === '..' || name.includes('/')) return 'This is not a folder’s name.';
  return undefined;
}

interface Props {
  volume: VolumeName;
  directory: string;
  onClose(): void;
}

export function FolderDialog({ volume, directory, onClose }: Props) {
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const create = useAction(async () => {
    await createDirectory(volume, joinPath(directory, name.trim()));
    await refreshFiles();
    onClose();
  });
  const problem = problemOf(name.trim());
  return (
    <FormModal
      title="New folder"
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (!problem) create.run();
      }}
      submit="Create"
      busy={create.busy}
      error={create.error}
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
    </FormModal>
  );
}
