import { useInfiniteQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { Upload } from 'lucide-react';
import { useState } from 'react';
import { absolutePath, directoryQuery, downloadFile, joinPath, type VolumeName } from '@/api/files';
import type { DirectoryEntry } from '@/api/types';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { copyWithToast, toastError } from '@/components/toasts';
import { DropArea } from '@/features/files/DropArea';
import { FileDialogs, type FileDialog } from '@/features/files/FileDialogs';
import type { FileActions } from '@/features/files/FileRow';
import { FilesHeader } from '@/features/files/FilesHeader';
import { FileTable } from '@/features/files/FileTable';
import { UploadPanel } from '@/features/files/UploadPanel';
import { addUploads } from '@/features/files/uploads';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { saveResponse } from '@/lib/download';
import { useTitle } from '@/lib/hooks';

function fileActions(
  volume: VolumeName,
  directory: string,
  open: (dialog: FileDialog) => void,
): FileActions {
  const inside = (entry: DirectoryEntry) => joinPath(directory, entry.name);
  return {
    makeTable: (entry) => open({ kind: 'table', path: inside(entry) }),
    move: (entry) => open({ kind: 'move', path: inside(entry) }),
    remove: (entry) => open({ kind: 'delete', path: inside(entry), directory: entry.directory }),
    copyPath: (entry) => copyWithToast(absolutePath(volume, inside(entry)), 'Path'),
    download(entry) {
      downloadFile(volume, inside(entry))
        .then((response) => saveResponse(response, entry.name))
        .catch((error: unknown) => toastError(`Could not download ${entry.name}`, error));
    },
  };
}

export function FilesPage() {
  const params = useParams({ from: '/shell/files/$catalog/$schema/$volume/$' });
  const { append } = useSearch({ from: '/shell/files/$catalog/$schema/$volume/$' });
  const { catalog, schema, volume: name } = params;
  const volume = { catalog, schema, volume: name };
  const directory = (params._splat ?? '').replace(/\/+$/, '');
  const [dialog, setDialog] = useState<FileDialog>();
  const listing = useInfiniteQuery(directoryQuery(volume, directory));
  const entries = listing.data?.pages.flatMap((page) => page.items) ?? [];
  useTitle(directory.split('/').at(-1) || name);

  const add = (files: { path: string; file: File }[]) =>
    addUploads(
      volume,
      files.map(({ path, file }) => ({ path: joinPath(directory, path), file })),
    );
  const existing = new Set(entries.map((entry) => joinPath(directory, entry.name)));
  return (
    <>
      <FilesHeader
        volume={volume}
        directory={directory}
        usable={!(listing.isError && directory === '')}
        onPick={(files) => add(files.map((file) => ({ path: file.name, file })))}
        onCreateFolder={() => setDialog({ kind: 'folder', directory })}
      />
      {append && (
        <p role="status" className="border-b border-line bg-accent-soft px-4 py-1.5">
          Choose or upload the file whose rows are to be appended to <strong>{append}</strong>.
        </p>
      )}
      <DropArea onFiles={add}>
        <div className="flex min-h-0 flex-1 flex-col overflow-auto">
          {listing.isPending && <SkeletonRows />}
          {listing.isError && (
            <ErrorPanel
              error={listing.error}
              retry={listing.refetch}
              instead={{ label: 'Show all volumes', to: '/files' }}
            />
          )}
          {listing.isError && directory === '' && (
            <RequestAccess
              secured={{ type: 'volume', object: [catalog, schema, name].join('.') }}
              error={listing.error}
            />
          )}
          {listing.isSuccess && entries.length === 0 && (
            <EmptyState icon={<Upload size={28} />} title="Drop files here">
              Or use Upload above. CSV, JSON and Parquet files can be made into tables; folders work
              too.
            </EmptyState>
          )}
          {entries.length > 0 && (
            <FileTable
              entries={entries}
              directory={directory}
              volume={volume}
              append={append}
              actions={fileActions(volume, directory, setDialog)}
            />
          )}
          {listing.hasNextPage && (
            <div className="p-4">
              <Button
                busy={listing.isFetchingNextPage}
                onClick={() => void listing.fetchNextPage()}
              >
                More files
              </Button>
            </div>
          )}
        </div>
        <UploadPanel taken={(path) => existing.has(path)} />
      </DropArea>
      {dialog && (
        <FileDialogs
          dialog={dialog}
          volume={volume}
          append={append}
          onClose={() => setDialog(undefined)}
        />
      )}
    </>
  );
}
