import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { DocumentQuery } from '@/api/documents';
import { folderDetails, folderItems, workspaces, type WorkspaceItem } from '@/api/workspaces';
import type { Crumb } from '@/components/PageHeader';

/** Whether folders are gone through, rather than all documents listed or searched. */
export const isBrowsing = ({ workspace, text, filter }: DocumentQuery): boolean =>
  workspace !== undefined && text === undefined && filter === undefined;

/** What is asked of the server: a folder counts only where folders are gone through. */
export function askedFor({ folder, ...query }: DocumentQuery): DocumentQuery {
  return isBrowsing(query) ? { ...query, folder: folder ?? '' } : query;
}

export interface Place {
  crumbs: Crumb[];
  /** The folders in it; undefined while they are fetched. */
  folders: WorkspaceItem[] | undefined;
  /** Fetches more of them, where there are. */
  more?: (() => void) | undefined;
  /** Whether folders may be made in it. */
  writes: boolean;
  error: unknown;
  retry(): void;
}

/** The folder whose documents are listed, and the way to it. */
export function usePlace(query: DocumentQuery): Place {
  const { workspace = '', folder = '' } = query;
  const browsing = isBrowsing(query);
  const all = useQuery(workspaces());
  const inside = useInfiniteQuery({
    ...folderItems(workspace, folder, '', 'folder'),
    enabled: browsing,
  });
  const here = useQuery({ ...folderDetails(folder), enabled: browsing && folder !== '' });
  const root: Crumb = { label: 'Documents', to: '/documents' };
  if (!browsing)
    return {
      crumbs: [{ label: 'Documents' }],
      folders: [],
      writes: false,
      error: undefined,
      retry: () => undefined,
    };
  const owner = all.data?.find(({ id }) => id === workspace);
  const way = [
    { label: owner?.name ?? 'Workspace', folder: undefined as string | undefined },
    ...(here.data?.folders.map(({ id, name }) => ({ label: name, folder: id })) ?? []),
    ...(folder ? [{ label: here.data?.item.name ?? 'Folder', folder }] : []),
  ];
  const failed = here.isError ? here : inside;
  return {
    crumbs: [
      root,
      ...way.map(({ label, folder: at }, index) =>
        index === way.length - 1
          ? { label }
          : { label, to: '/documents', search: { workspace, folder: at } },
      ),
    ],
    folders: inside.data?.pages.flatMap((page) => page.items),
    more: inside.hasNextPage ? () => void inside.fetchNextPage() : undefined,
    writes: owner?.own.includes('write') === true && !owner.archived_at,
    error: failed.error,
    retry: () => void failed.refetch(),
  };
}
