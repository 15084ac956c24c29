import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { HardDrive, Link2, SquareTerminal, Table2 } from 'lucide-react';
import { tablesQuery, volumesQuery } from '@/api/catalog';
import type { Table, Volume } from '@/api/types';
import { useAdmin } from '@/app/useAdmin';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { openCatalogDialog } from '@/features/catalog/dialogs/store';
import { ObjectList, type ListedObject } from '@/features/catalog/ObjectList';
import { objectNode } from '@/features/catalog/tree-model';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { ShareButton } from '@/features/sharing/ShareButton';
import { addTab } from '@/features/sql/tabs';
import { useTitle } from '@/lib/hooks';

function listed(catalog: string, schema: string, item: Table | Volume): ListedObject {
  const external = 'kind' in item && item.kind === 'external';
  return {
    node: objectNode(catalog, schema, item),
    owner: item.owner,
    created_at: item.created_at,
    ...(external && { badge: <Badge>external</Badge> }),
  };
}

export function SchemaPage() {
  const { catalog, schema } = useParams({ from: '/shell/catalog/$catalog/$schema' });
  useTitle(`${catalog}.${schema}`);
  const admin = useAdmin();
  const navigate = useNavigate();
  const tables = useQuery(tablesQuery(catalog, schema));
  const volumes = useQuery(volumesQuery(catalog, schema));
  const failed = tables.error ?? volumes.error;
  const query = () => {
    addTab({ catalog, schema });
    void navigate({ to: '/sql' });
  };
  const items = [...(tables.data ?? []), ...(volumes.data ?? [])];
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Catalog', to: '/catalog' },
          { label: catalog, to: `/catalog/${encodeURIComponent(catalog)}` },
          { label: schema },
        ]}
      >
        {tables.data && (
          <ShareButton secured={{ type: 'schema', object: `${catalog}.${schema}` }} name={schema} />
        )}
        <Button icon={<SquareTerminal size={14} />} onClick={query}>
          New query
        </Button>
        <Button
          icon={<HardDrive size={14} />}
          onClick={() => openCatalogDialog({ kind: 'create-volume', catalog, schema })}
        >
          Create volume
        </Button>
        {admin && (
          <Button
            icon={<Link2 size={14} />}
            onClick={() => openCatalogDialog({ kind: 'create-external', catalog, schema })}
          >
            Add external table
          </Button>
        )}
      </PageHeader>
      {failed ? (
        <>
          <ErrorPanel
            error={failed}
            instead={{ label: `Show ${catalog}`, to: `/catalog/${encodeURIComponent(catalog)}` }}
            retry={() => Promise.all([tables.refetch(), volumes.refetch()])}
          />
          <RequestAccess
            secured={{ type: 'schema', object: `${catalog}.${schema}` }}
            error={failed}
          />
        </>
      ) : tables.isPending || volumes.isPending ? (
        <SkeletonRows />
      ) : items.length === 0 ? (
        <EmptyState
          icon={<Table2 size={28} />}
          title="This schema is empty"
          actions={
            <>
              <Button variant="primary" onClick={() => void navigate({ to: '/files' })}>
                Upload a file
              </Button>
              <Button onClick={query}>Write a query</Button>
            </>
          }
        >
          Upload a file and make a table of it, or create one in SQL.
        </EmptyState>
      ) : (
        <ObjectList items={items.map((item) => listed(catalog, schema, item))} />
      )}
    </>
  );
}
