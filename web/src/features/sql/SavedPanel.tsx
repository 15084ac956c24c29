import { useQuery } from '@tanstack/react-query';
import { FileCode2, Trash2, UserRoundPlus } from 'lucide-react';
import { savedQueries } from '@/api/query';
import { Ago } from '@/components/Ago';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { openShare } from '@/features/sharing/store';
import { deleteSaved } from '@/features/sql/save';
import { openSaved, sharedQuery } from '@/features/sql/tabs';

const HIDDEN =
  'opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100';

/** Queries kept by name. */
export function SavedPanel() {
  const saved = useQuery(savedQueries());
  if (saved.isPending) return <SkeletonRows />;
  if (saved.isError) return <ErrorPanel error={saved.error} retry={saved.refetch} />;
  if (saved.data.length === 0) {
    return <p className="p-4 text-muted">Save a query to find it here again.</p>;
  }
  return (
    <ul className="min-h-0 flex-1 overflow-y-auto">
      {saved.data.map((query) => (
        <li
          key={query.id}
          className="group flex items-center border-b border-line pr-1 hover:bg-hover"
        >
          <button
            type="button"
            title={query.sql}
            onClick={() => openSaved(query)}
            className="flex min-w-0 flex-1 items-center gap-2 px-3 py-1.5 text-left -outline-offset-2"
          >
            <FileCode2 size={14} className="shrink-0 text-faint" />
            <span className="min-w-0">
              <span className="block truncate font-medium">{query.name}</span>
              <span className="block text-xs text-muted">
                <Ago time={query.updated_at} />
              </span>
            </span>
          </button>
          <IconButton
            small
            label={`Share ${query.name}`}
            className={HIDDEN}
            onClick={() => openShare(sharedQuery(query))}
          >
            <UserRoundPlus size={14} />
          </IconButton>
          <IconButton
            small
            label={`Delete ${query.name}`}
            className={HIDDEN}
            onClick={() => {
              deleteSaved(query).catch((error: unknown) => toastError('Could not delete', error));
            }}
          >
            <Trash2 size={14} />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
