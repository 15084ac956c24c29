import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { catalogsQuery, schemasQuery } from '@/api/catalog';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { openCatalogDialog } from '@/features/catalog/dialogs/store';
import { ObjectList } from '@/features/catalog/ObjectList';
import { schemaId } from '@/features/catalog/tree-model';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { ShareButton } from '@/features/sharing/ShareButton';
import { useTitle } from '@/lib/hooks';

export function CatalogPage() {
  const { catalog } = useParams({ from: '/shell/catalog/$catalog' });
  useTitle(catalog);
  const schemas = useQuery(schemasQuery(catalog));
  const catalogs = useQuery(catalogsQuery());
  const comment = catalogs.data?.find(({ name }) => name === catalog)?.comment;
  const create = (
    <Button
      icon={<Plus size={14} />}
      onClick={() => openCatalogDialog({ kind: 'create-schema', catalog })}
    >
      Create schema
    </Button>
  );
  return (
    <>
      <PageHeader crumbs={[{ label: 'Catalog', to: '/catalog' }, { label: catalog }]}>
        {schemas.data && (
          <ShareButton secured={{ type: 'catalog', object: catalog }} name={catalog} />
        )}
        {create}
      </PageHeader>
      {comment && <p className="border-b border-line px-4 py-2 text-muted">{comment}</p>}
      {schemas.isPending && <SkeletonRows />}
      {schemas.isError && (
        <>
          <ErrorPanel
            error={schemas.error}
            retry={schemas.refetch}
            instead={{ label: 'Show all catalogs', to: '/catalog' }}
          />
          <RequestAccess secured={{ type: 'catalog', object: catalog }} error={schemas.error} />
        </>
      )}
      {schemas.data?.length === 0 && (
        <EmptyState title="No schemas yet" actions={create}>
          A schema holds tables, views and volumes.
        </EmptyState>
      )}
      {schemas.data && schemas.data.length > 0 && (
        <ObjectList
          items={schemas.data.map((item) => ({
            ...item,
            node: {
              id: schemaId(catalog, item.name),
              kind: 'schema',
              depth: 1,
              label: item.name,
              catalog,
              schema: item.name,
              comment: item.comment,
            },
          }))}
        />
      )}
    </>
  );
}
