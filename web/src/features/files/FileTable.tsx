import type { DirectoryEntry } from '@/api/types';
import { joinPath, type VolumeName } from '@/api/files';
import { FileRow, type FileActions } from '@/features/files/FileRow';

interface Props {
  entries: DirectoryEntry[];
  directory: string;
  volume: VolumeName;
  append: string | undefined;
  actions: FileActions;
}

/** Folders first, then files, by name. */
export function FileTable({ entries, directory, volume, append, actions }: Props) {
  const sorted = [...entries].sort(
    (a, b) =>
      Number(b.directory) - Number(a.directory) ||
      a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-panel text-muted">
        <tr className="border-b border-line [&>th]:h-8 [&>th]:font-medium">
          <th className="pl-4">Name</th>
          <th className="w-24 px-3 text-right">Size</th>
          <th className="w-36 px-3 max-md:hidden">Changed</th>
          <th className="w-44 max-md:w-12">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((entry) => (
          <FileRow
            key={entry.name}
            entry={entry}
            inside={joinPath(directory, entry.name)}
            volume={volume}
            append={append}
            actions={actions}
          />
        ))}
      </tbody>
    </table>
  );
}
