import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { EllipsisVertical, FileText, Star, Users } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { DocumentInfo } from '@/api/documents';
import { workspaces, type Workspace, type WorkspaceItem } from '@/api/workspaces';
import { Ago } from '@/components/Ago';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { star } from '@/features/documents/list/actions';
import type { ListDialog } from '@/features/documents/list/DocumentDialogs';
import { FolderRow } from '@/features/documents/list/FolderRow';
import { Marked } from '@/features/documents/list/Marked';
import { useStore } from '@/lib/store';
import { session } from '@/api/session';

interface TitleProps {
  document: DocumentInfo;
  trash: boolean;
  search: string | undefined;
}

function Title({ document, trash, search }: TitleProps) {
  const name = (
    <>
      <FileText size={14} className="shrink-0 text-faint" aria-hidden />
      <span className="truncate">
        <Marked text={document.title || 'Untitled'} search={search} />
      </span>
    </>
  );
  const look = 'inline-flex max-w-full items-center gap-2 rounded-sm py-0.5 font-medium';
  return (
    <div className="flex min-w-0 flex-col">
      {trash ? (
        <span className={look}>{name}</span>
      ) : (
        <Link
          to="/documents/$document"
          params={{ document: document.id }}
          data-row-link
          className={classes(look, 'hover:underline')}
        >
          {name}
        </Link>
      )}
      {document.snippet && (
        <p className="line-clamp-2 pl-[22px] text-sm wrap-anywhere text-muted">
          <Marked text={document.snippet} search={search} />
        </p>
      )}
    </div>
  );
}

/** The workspace that a document lies in. */
function Where({ document, place }: { document: DocumentInfo; place: Workspace | undefined }) {
  return (
    <td className="truncate px-3 text-muted max-md:hidden">
      {place ? (
        <Link
          to="/documents"
          search={{ workspace: document.workspace, folder: document.folder || undefined }}
          className="rounded-sm hover:text-text hover:underline"
        >
          {place.name}
        </Link>
      ) : (
        !document.workspace && 'Private'
      )}
    </td>
  );
}

interface Props {
  documents: DocumentInfo[];
  folders: WorkspaceItem[];
  /** What was searched for. */
  search: string | undefined;
  /** Whether they lie in one folder, so that nobody need be told where. */
  browsing: boolean;
  /** Whether folders may be changed. */
  writes: boolean;
  menu(document: DocumentInfo): MenuItem[];
  ask(dialog: ListDialog): void;
}

/** Up and down go from name to name. */
function onArrow(event: KeyboardEvent<HTMLTableElement>) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const row = (event.target as HTMLElement).closest('tr');
  if (!step || !row) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.findIndex((link) => row.contains(link));
  const next = links[at + step];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

/** Folders and documents as a table; on a phone only their names, times and menus. */
export function DocumentTable({ documents, folders, search, browsing, writes, menu, ask }: Props) {
  const places = useQuery(workspaces());
  const placeOf = (id: string) => places.data?.find((place) => place.id === id);
  const me = useStore(session, (current) =>
    current.status === 'signed-in' ? current.user.id : undefined,
  );
  return (
    <table
      aria-label="Documents"
      onKeyDown={onArrow}
      className="w-full table-fixed border-collapse text-left"
    >
      <thead className="sticky top-0 z-10 bg-panel text-muted">
        <tr className="border-b border-line [&>th]:h-8 [&>th]:font-medium">
          <th className="w-10 pl-3">
            <span className="sr-only">Star</span>
          </th>
          <th className="pr-3 md:w-[46%]">Title</th>
          {!browsing && <th className="px-3 max-md:hidden">Workspace</th>}
          <th className="px-3 max-md:hidden">Owner</th>
          <th className="w-36 px-3 max-md:w-28">Changed</th>
          <th className="w-10">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {folders.map((folder) => (
          <FolderRow key={folder.id} folder={folder} me={me} writes={writes} ask={ask} />
        ))}
        {documents.map((document) => {
          const trash = document.trashed_at !== undefined;
          const place = placeOf(document.workspace);
          return (
            <tr key={document.id} className="border-b border-line hover:bg-hover/60">
              <td className="pl-2">
                {!trash && (
                  <IconButton
                    small
                    label={`${document.starred ? 'Remove the star of' : 'Star'} ${document.title}`}
                    onClick={() => void star(document)}
                  >
                    <Star
                      size={14}
                      className={classes(document.starred && 'fill-warning text-warning')}
                    />
                  </IconButton>
                )}
              </td>
              <td className="py-1.5 pr-3">
                <Title document={document} trash={trash} search={search} />
              </td>
              {!browsing && <Where document={document} place={place} />}
              <td className="truncate px-3 text-muted max-md:hidden">
                <span className="inline-flex items-center gap-1.5">
                  {document.owner.id === me ? 'You' : document.owner.name}
                  {document.owner.id !== me && <Users size={12} aria-label="Shared with you" />}
                </span>
              </td>
              <td className="px-3 text-muted">
                <Ago time={document.trashed_at ?? document.updated_at} />
              </td>
              <td className="pr-2 text-right">
                <Menu items={menu(document)}>
                  <IconButton small label={`Actions for ${document.title}`}>
                    <EllipsisVertical size={14} />
                  </IconButton>
                </Menu>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
