import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import {
  dropCatalog,
  dropSchema,
  dropVolume,
  schemasQuery,
  tablesQuery,
  volumesQuery,
} from '@/api/catalog';
import { ConfirmModal } from '@/components/ConfirmModal';
import { toast } from '@/components/toasts';
import { closeCatalogDialog, targetName, type Target } from '@/features/catalog/dialogs/store';
import { dropTableWithUndo } from '@/features/catalog/drop-table';
import { forgetNode } from '@/features/catalog/expanded';
import { refreshCatalog } from '@/features/catalog/refresh';

/** How many objects go with the target; undefined while that is not known. */
function useContentCount(target: Target): number | undefined {
  const schemas = useQuery({
    ...schemasQuery(target.catalog),
    enabled: target.kind === 'catalog',
  });
  const schema = target.kind === 'schema' ? target.schema : '';
  const tables = useQuery({ ...tablesQuery(target.catalog, schema), enabled: schema !== '' });
  const volumes = useQuery({ ...volumesQuery(target.catalog, schema), enabled: schema !== '' });
  if (target.kind === 'catalog') {
    return schemas.data?.filter(({ name }) => name !== 'default').length;
  }
  if (target.kind === 'schema') {
    return tables.data && volumes.data && tables.data.length + volumes.data.length;
  }
  return 0;
}

async function drop(target: Target, leave: () => Promise<void>): Promise<void> {
  if (target.kind === 'catalog') await dropCatalog(target.catalog, true);
  else if (target.kind === 'schema') await dropSchema(target.catalog, target.schema, true);
  else if (target.kind === 'volume') {
    await dropVolume(target.catalog, target.schema, target.volume);
  } else {
    await dropTableWithUndo(target, target.kind, leave);
    return;
  }
  if (target.kind === 'catalog') forgetNode(target.catalog);
  if (target.kind === 'schema') forgetNode(target.catalog, target.schema);
  closeCatalogDialog(); // it counts what was inside, which would be asked for once more
  await leave();
  await refreshCatalog();
  toast({ title: `Dropped ${target.kind} ${targetName(target)}`, tone: 'success' });
}

export function DropDialog({ target }: { target: Target }) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const count = useContentCount(target);
  const name = targetName(target);
  const typed = count === 0 && target.kind !== 'volume' ? undefined : name;
  // Away from the page of what is gone, or of something inside it.
  const leave = async () => {
    if (!pathname.startsWith('/catalog/')) return;
    const { catalog } = target;
    if (target.kind === 'catalog') await navigate({ to: '/catalog' });
    else if (target.kind === 'schema')
      await navigate({ to: '/catalog/$catalog', params: { catalog } });
    else if (target.kind !== 'volume') {
      const params = { catalog, schema: target.schema };
      await navigate({ to: '/catalog/$catalog/$schema', params });
    }
  };
  return (
    <ConfirmModal
      title={`Drop ${target.kind} ${name}?`}
      action="Drop"
      typed={typed}
      onConfirm={() => drop(target, leave)}
      onClose={closeCatalogDialog}
    >
      <p className="text-muted">
        {target.kind === 'volume'
          ? 'All files in the volume are deleted. This cannot be undone.'
          : target.kind === 'catalog'
            ? 'Its schemas, with their tables, views and volumes, go with it.'
            : target.kind === 'schema'
              ? 'Its tables, views and volumes go with it.'
              : 'It can be brought back within 7 days.'}
      </p>
    </ConfirmModal>
  );
}
