import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileText, Plus, Search, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { createDocument, documents, importDocument, type DocumentQuery } from '@/api/documents';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { DocumentDialogs, type DocumentDialog } from '@/features/documents/list/DocumentDialogs';
import { DocumentTable } from '@/features/documents/list/DocumentTable';
import { EMPTY } from '@/features/documents/list/empty';
import { ListFilters } from '@/features/documents/list/ListFilters';
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
    ...documents({ ...query, text }),
    placeholderData: keepPreviousData,
  });
  const [dialog, setDialog] = useState<DocumentDialog>();
  const [choosing, setChoosing] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const menu = useRowMenu(setDialog);
  const { create, bringIn } = useMaking({
    ...(query.workspace && { workspace: query.workspace }),
    ...(query.folder && { folder: query.folder }),
  });
  const change = (values: DocumentQuery) =>
    void navigate({ search: (old) => ({ ...old, ...values }), replace: true });
  const found = list.data?.pages.flatMap((page) => page.documents);
  const empty = EMPTY[query.filter ?? 'all'];
  const make = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setChoosing(true)}>
      New document
    </Button>
  );
  return (
    <DropArea onFiles={(files) => void bringIn(files.map(({ file }) => file))}>
      <PageHeader crumbs={[{ label: 'Documents' }]}>
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
        <Button icon={<Upload size={14} />} onClick={() => chooser.current?.click()}>
          Import
        </Button>
        {make}
      </PageHeader>
      <ListFilters query={query} onChange={change} />
      {list.isPending && <SkeletonRows />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {found?.length === 0 &&
        (query.text ? (
          <EmptyState
            icon={<Search size={28} />}
            title={`Nothing found for “${query.text}”`}
            actions={<Button onClick={() => change({ text: undefined })}>Clear the search</Button>}
          >
            Titles and texts were searched.
          </EmptyState>
        ) : (
          <EmptyState
            icon={<FileText size={28} />}
            title={empty.title}
            actions={query.filter !== 'trash' && make}
          >
            {empty.text}
          </EmptyState>
        ))}
      {found && found.length > 0 && (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <DocumentTable documents={found} menu={menu} />
          {list.hasNextPage && (
            <div className="p-3 text-center">
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
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
