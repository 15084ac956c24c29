import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { catalogsQuery } from '@/api/catalog';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { openCatalogDialog } from '@/features/catalog/dialogs/store';
import { ObjectList } from '@/features/catalog/ObjectList';
import { catalogId } from '@/features/catalog/tree-model';
import { useTitle } from '@/lib/hooks';

export function CatalogsPage() {
  useTitle('Catalog');
  const catalogs = useQuery(catalogsQuery());
  return (
    <>
      <PageHeader crumbs={[{ label: 'Catalog' }]}>
        <Button
          icon={<Plus size={14} />}
          onClick={() => openCatalogDialog({ kind: 'create-catalog' })}
        >
          Create catalog
        </Button>
      </PageHeader>
      {catalogs.isPending && <SkeletonRows />}
      {catalogs.isError && <ErrorPanel error={catalogs.error} retry={catalogs.refetch} />}
      {catalogs.data && (
        <ObjectList
          items={catalogs.data.map((item) => ({
            ...item,
            node: {
              id: catalogId(item.name),
              kind: 'catalog',
              depth: 0,
              label: item.name,
              catalog: item.name,
              comment: item.comment,
            },
          }))}
        />
      )}
    </>
  );
}
