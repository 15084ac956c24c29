import { useState } from 'react';
import { absolutePath, moveFile, type VolumeName } from '@/api/files';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshFiles } from '@/features/files/refresh';

interface Props {
  volume: VolumeName;
  path: string;
  onClose(): void;
}

export function MoveDialog({ volume, path, onClose }: Props) {
  const [target, setTarget] = useState(path);
  const clean = target.trim().replace(/^\/+/, '');
  const move = useAction(async () => {
    const from = absolutePath(volume, path);
    const to = absolutePath(volume, clean);
    await moveFile({ from, to });
    await refreshFiles();
    const undo = () =>
      moveFile({ from: to, to: from })
        .then(refreshFiles)
        .catch((error: unknown) => toastError('Could not move it back', error));
    toast({ title: `Moved to ${clean}`, action: { label: 'Undo', run: undo } });
    onClose();
  });
  const problem = !clean || clean.endsWith('/') ? 'Enter a file name.' : undefined;
  return (
    <FormModal
      title="Rename or move"
      onClose={onClose}
      onSubmit={() => {
        if (clean === path) onClose();
        else if (!problem) move.run();
      }}
      submit="Move"
      busy={move.busy}
      error={move.error}
      disabled={Boolean(problem)}
    >
      <Field
        label="New path"
        error={problem}
        hint={`Inside ${volume.volume}; with slashes it goes into folders.`}
      >
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={target}
            onChange={(event) => setTarget(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}
