import { FolderPlus, Upload } from 'lucide-react';
import { useRef } from 'react';
import type { VolumeName } from '@/api/files';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import { PageHeader, type Crumb } from '@/components/PageHeader';
import { ShareButton } from '@/features/sharing/ShareButton';

interface Props {
  volume: VolumeName;
  directory: string;
  /** False where the volume cannot be seen: there is nothing to do then. */
  usable: boolean;
  onPick(files: File[]): void;
  onCreateFolder(): void;
}

function crumbsOf(volume: VolumeName, directory: string): Crumb[] {
  const encode = encodeURIComponent;
  const root = `/files/${encode(volume.catalog)}/${encode(volume.schema)}/${encode(volume.volume)}/`;
  const parts = directory ? directory.split('/') : [];
  const names = [`${volume.catalog}.${volume.schema}.${volume.volume}`, ...parts];
  return [
    { label: 'Files', to: '/files' },
    ...names.map((label, index): Crumb => {
      if (index === names.length - 1) return { label };
      return { label, to: root + parts.slice(0, index).map(encode).join('/') };
    }),
  ];
}

export function FilesHeader({ volume, directory, usable, onPick, onCreateFolder }: Props) {
  const input = useRef<HTMLInputElement>(null);
  if (!usable) return <PageHeader crumbs={crumbsOf(volume, directory)} />;
  return (
    <PageHeader crumbs={crumbsOf(volume, directory)}>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          onPick([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <ShareButton
        secured={{
          type: 'volume',
          object: [volume.catalog, volume.schema, volume.volume].join('.'),
        }}
        name={volume.volume}
      />
      <IconButton label="New folder" onClick={onCreateFolder}>
        <FolderPlus size={16} />
      </IconButton>
      <Button variant="primary" icon={<Upload size={14} />} onClick={() => input.current?.click()}>
        Upload
      </Button>
    </PageHeader>
  );
}
