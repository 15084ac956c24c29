import { Link } from '@tanstack/react-router';
import { EllipsisVertical, FileText, Star, Users } from 'lucide-react';
import type { DocumentInfo } from '@/api/documents';
import { Ago } from '@/components/Ago';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { star } from '@/features/documents/list/actions';
import { useStore } from '@/lib/store';
import { session } from '@/api/session';

function Title({ document, trash }: { document: DocumentInfo; trash: boolean }) {
  const name = (
    <>
      <FileText size={14} className="shrink-0 text-faint" aria-hidden />
      <span className="truncate">{document.title || 'Untitled'}</span>
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
          className={classes(look, 'hover:underline')}
        >
          {name}
        </Link>
      )}
      {document.snippet && (
        <p className="line-clamp-2 pl-[22px] text-sm text-muted">{document.snippet}</p>
      )}
    </div>
  );
}

interface Props {
  documents: DocumentInfo[];
  menu(document: DocumentInfo): MenuItem[];
}

/** Documents as a table; on a phone only their names, times and menus. */
export function DocumentTable({ documents, menu }: Props) {
  const me = useStore(session, (current) =>
    current.status === 'signed-in' ? current.user.id : undefined,
  );
  return (
    <table aria-label="Documents" className="w-full table-fixed border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-panel text-muted">
        <tr className="border-b border-line [&>th]:h-8 [&>th]:font-medium">
          <th className="w-10 pl-3">
            <span className="sr-only">Star</span>
          </th>
          <th className="pr-3 md:w-[52%]">Title</th>
          <th className="px-3 max-md:hidden">Owner</th>
          <th className="w-36 px-3 max-md:w-28">Changed</th>
          <th className="w-10">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {documents.map((document) => {
          const trash = document.trashed_at !== undefined;
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
                <Title document={document} trash={trash} />
              </td>
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
