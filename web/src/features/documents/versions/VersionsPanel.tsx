import { useInfiniteQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState } from 'react';
import {
  deleteVersion,
  documentVersions,
  keepVersion,
  renameVersion,
  type DocumentVersion,
} from '@/api/document-talk';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { classes } from '@/components/classes';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { SkeletonRows } from '@/components/Skeleton';
import { NameDialog } from '@/features/workspaces/NameDialog';
import { SidePanel } from '@/features/documents/SidePanel';
import { formatDateTime, formatMany } from '@/lib/format';
import { Ellipsis } from 'lucide-react';

interface Props {
  document: string;
  writes: boolean;
  shown: DocumentVersion | undefined;
  onShow(version: DocumentVersion | undefined): void;
  onClose(): void;
}
type Dialog = { kind: 'keep' } | { kind: 'rename' | 'delete'; version: DocumentVersion };

/** The states of a document that were kept: to look at, to name and to come back to. */
export function VersionsPanel({ document, writes, shown, onShow, onClose }: Props) {
  const list = useInfiniteQuery(documentVersions(document));
  const [dialog, setDialog] = useState<Dialog>();
  const versions = list.data?.pages.flatMap((page) => page.versions);
  const close = () => setDialog(undefined);
  return (
    <SidePanel
      title="Versions"
      onClose={onClose}
      actions={writes && <Button onClick={() => setDialog({ kind: 'keep' })}>Keep this one</Button>}
    >
      {list.isPending && <SkeletonRows rows={4} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {versions?.length === 0 && (
        <EmptyState icon={<History size={24} />} title="No versions yet">
          They are kept by themselves while the document is written.
        </EmptyState>
      )}
      <ul aria-label="Versions" className="flex flex-col gap-1">
        {versions?.map((version) => (
          <li key={version.id} className="flex items-start gap-1">
            <button
              type="button"
              aria-pressed={version.id === shown?.id}
              onClick={() => onShow(version.id === shown?.id ? undefined : version)}
              className={classes(
                'min-w-0 flex-1 rounded-md px-2 py-1.5 text-left',
                version.id === shown?.id ? 'bg-selected' : 'hover:bg-hover',
              )}
            >
              <span className="block truncate font-medium">
                {version.name ?? formatDateTime(version.created_at)}
              </span>
              <span className="block truncate text-sm text-muted">
                {version.name && (
                  <>
                    <Ago time={version.created_at} /> ·{' '}
                  </>
                )}
                {version.authors.map(({ name }) => name || 'Guest').join(', ') || 'Nobody'} ·{' '}
                {formatMany(version.words, 'word')}
              </span>
            </button>
            {writes && (
              <Menu
                items={[
                  { label: 'Name', onSelect: () => setDialog({ kind: 'rename', version }) },
                  {
                    label: 'Delete',
                    danger: true,
                    onSelect: () => setDialog({ kind: 'delete', version }),
                  },
                ]}
              >
                <IconButton small label="Actions for this version">
                  <Ellipsis size={14} />
                </IconButton>
              </Menu>
            )}
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="p-3 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Older versions
          </Button>
        </div>
      )}
      {(dialog?.kind === 'keep' || dialog?.kind === 'rename') && (
        <NameDialog
          title={dialog.kind === 'keep' ? 'Keep this version' : 'Name this version'}
          submit={dialog.kind === 'keep' ? 'Keep' : 'Save'}
          name={dialog.kind === 'rename' ? (dialog.version.name ?? '') : ''}
          onSave={async (name) => {
            if (dialog.kind === 'keep') await keepVersion(document, name);
            else await renameVersion(document, dialog.version.id, name);
            await list.refetch();
          }}
          onClose={close}
        />
      )}
      {dialog?.kind === 'delete' && (
        <ConfirmModal
          title="Delete this version?"
          action="Delete"
          onConfirm={async () => {
            await deleteVersion(document, dialog.version.id);
            onShow(undefined);
            await list.refetch();
          }}
          onClose={close}
        >
          <p>The document itself stays as it is.</p>
        </ConfirmModal>
      )}
    </SidePanel>
  );
}
