import { Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { SplitPane } from '@/components/SplitPane';
import { CatalogSidebar } from '@/features/catalog/CatalogSidebar';
import { revealNode } from '@/features/catalog/expanded';
import { catalogId, objectId, schemaId, type TreeNode } from '@/features/catalog/tree-model';
import { useNarrow } from '@/lib/hooks';

/** Moves to the page of an object of the catalog. */
export function useOpenNode(): (node: TreeNode) => void {
  const navigate = useNavigate();
  return ({ kind, catalog, schema, object }) => {
    if (kind === 'volume' && schema && object) {
      const params = { catalog, schema, volume: object, _splat: '' };
      void navigate({ to: '/files/$catalog/$schema/$volume/$', params });
    } else if (schema && object) {
      const params = { catalog, schema, table: object };
      void navigate({ to: '/catalog/$catalog/$schema/$table', params });
    } else if (schema) {
      void navigate({ to: '/catalog/$catalog/$schema', params: { catalog, schema } });
    } else void navigate({ to: '/catalog/$catalog', params: { catalog } });
  };
}

export function CatalogLayout() {
  const params = useParams({ strict: false });
  const { catalog, schema, table } = params as {
    catalog?: string;
    schema?: string;
    table?: string;
  };
  const narrow = useNarrow();
  const open = useOpenNode();
  useEffect(() => {
    if (catalog) revealNode(catalog, schema);
  }, [catalog, schema]);
  const selected = !catalog
    ? undefined
    : !schema
      ? catalogId(catalog)
      : table
        ? objectId(catalog, schema, table)
        : schemaId(catalog, schema);
  // A phone shows the tree as a page of its own; the breadcrumbs lead back to it.
  if (narrow && catalog) return <Outlet />;
  if (narrow) {
    return (
      <>
        <h1 className="sr-only">Catalog</h1>
        <CatalogSidebar onPick={open} />
      </>
    );
  }
  return (
    <SplitPane
      id="catalog"
      direction="columns"
      initial={264}
      min={180}
      max={560}
      label="Width of the catalog"
      first={<CatalogSidebar selected={selected} onPick={open} />}
      second={<Outlet />}
    />
  );
}
