import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileText, FolderOpen, FolderPlus, Plus, Search, Upload } from 'lucide-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import { createDocument, documents, importDocument, type DocumentQuery } from '@/api/documents';
import { Button } from '@/components/Button';
import { classes } from '@/components/classes';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { DocumentDialogs, type ListDialog } from '@/features/documents/list/DocumentDialogs';
import { DocumentTable } from '@/features/documents/list/DocumentTable';
import { EMPTY } from '@/features/documents/list/empty';
import { ListFilters } from '@/features/documents/list/ListFilters';
import { askedFor, isBrowsing, usePlace } from '@/features/documents/list/place';
import { TemplateGallery } from '@/features/documents/list/TemplateGallery';
import { useRowMenu } from '@/features/documents/list/useRowMenu';
import { refreshDocuments } from '@/features/documents/refresh';
import { DropArea } from '@/features/files/DropArea';
import { useDebounced, useTitle } from '@/lib/hooks';

const IMPORTED = '.md,.markdown,.docx,.html,.htm,.txt';

/** Makes documents: from a template, or of files. */
function useMaking(place: { workspace?: string; folder?: string }) {
  const navigate = useNavigate();
  const open = async (id: string) => {
    await refreshDocuments();
    await navigate({ to: '/documents/$document', params: { document: id } });
  };
  const create = useAction(async (template?: string) => {
    const made = await createDocument({ ...place, ...(template && { template }) });
    await open(made.id);
  });
  const bringIn = async (files: File[]) => {
    for (const file of files) {
      try {
        const made = await importDocument(file, place);
        if (files.length === 1) await open(made.id);
      } catch (error) {
        toastError(`Could not import ${file.name}`, error);
      }
    }
    if (files.length > 1) await refreshDocuments();
  };
  return { create, bringIn };
}

export function DocumentsPage() {
  useTitle('Documents');
  const query = useSearch({ from: '/shell/documents' });
  const navigate = useNavigate({ from: '/documents' });
  const text = useDebounced(query.text, 250);
  const list = useInfiniteQuery({
    ...documents(askedFor({ ...query, text })),
    placeholderData: keepPreviousData,
  });
  const [dialog, setDialog] = useState<ListDialog>();
  const [choosing, setChoosing] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLDivElement>(null);
  const menu = useRowMenu(setDialog);
  const { create, bringIn } = useMaking({
    ...(query.workspace && { workspace: query.workspace }),
    ...(query.folder && { folder: query.folder }),
  });
  const change = (values: DocumentQuery) =>
    void navigate({ search: (old) => ({ ...old, ...values }), replace: true });
  const found = list.data?.pages.flatMap((page) => page.documents);
  const browsing = isBrowsing(query);
  const place = usePlace(query);
  const empty = browsing
    ? { title: query.folder ? 'This folder is empty' : 'Nothing in here yet', text: EMPTY.all.text }
    : EMPTY[query.filter ?? 'all'];
  const ready = found && place.folders;
  const nothing = found?.length === 0 && place.folders?.length === 0;
  const toResults = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    results.current?.querySelector<HTMLElement>('[data-row-link]')?.focus();
  };
  const make = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setChoosing(true)}>
      New document
    </Button>
  );
  return (
    <DropArea onFiles={(files) => void bringIn(files.map(({ file }) => file))}>
      <PageHeader crumbs={place.crumbs}>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          accept={IMPORTED}
          onChange={(event) => {
            void bringIn([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
        {browsing && place.writes && (
          <Button
            icon={<FolderPlus size={14} />}
            onClick={() =>
              setDialog({
                kind: 'new-folder',
                workspace: query.workspace ?? '',
                folder: query.folder ?? '',
              })
            }
          >
            New folder
          </Button>
        )}
        <Button icon={<Upload size={14} />} onClick={() => chooser.current?.click()}>
          Import
        </Button>
        {make}
      </PageHeader>
      <ListFilters query={query} onChange={change} onDown={toResults} />
      {!ready && !list.isError && !place.error && <SkeletonRows />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {!list.isError && place.error !== undefined && place.error !== null && (
        <ErrorPanel
          error={place.error}
          retry={place.retry}
          instead={{ label: 'All documents', to: '/documents' }}
        />
      )}
      {nothing &&
        (query.text ? (
          <EmptyState
            icon={<Search size={28} />}
            title={`Nothing found for “${query.text}”`}
            actions={<Button onClick={() => change({ text: undefined })}>Clear the search</Button>}
          >
            Titles and texts were searched{query.workspace && ', in all folders of the workspace'}.
          </EmptyState>
        ) : (
          <EmptyState
            icon={browsing ? <FolderOpen size={28} /> : <FileText size={28} />}
            title={empty.title}
            actions={query.filter !== 'trash' && make}
          >
            {empty.text}
          </EmptyState>
        ))}
      {ready && !nothing && !place.error && (
        <div
          ref={results}
          aria-busy={list.isPlaceholderData}
          className={classes(
            'min-h-0 flex-1 overflow-y-auto',
            list.isPlaceholderData && 'opacity-60',
          )}
        >
          <DocumentTable
            documents={found}
            folders={place.folders ?? []}
            search={query.filter === 'trash' ? undefined : text}
            browsing={browsing}
            writes={place.writes}
            menu={menu}
            ask={setDialog}
          />
          {(list.hasNextPage || place.more) && (
            <div className="p-3 text-center">
              <Button
                busy={list.isFetchingNextPage}
                onClick={() => {
                  place.more?.();
                  if (list.hasNextPage) void list.fetchNextPage();
                }}
              >
                Load more
              </Button>
            </div>
          )}
        </div>
      )}
      {dialog && <DocumentDialogs dialog={dialog} onClose={() => setDialog(undefined)} />}
      {choosing && (
        <TemplateGallery
          busy={create.busy}
          error={create.error}
          onPick={create.run}
          onClose={() => setChoosing(false)}
        />
      )}
    </DropArea>
  );
}
