import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { tableQuery } from '@/api/catalog';
import { isNotFound } from '@/api/errors';
import type { TableTab } from '@/app/router';
import { Badge } from '@/components/Badge';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { TabBar } from '@/components/TabBar';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { DetailsTab } from '@/features/table/DetailsTab';
import { FilesTab } from '@/features/table/FilesTab';
import { HistoryTab } from '@/features/table/history/HistoryTab';
import { MaintenanceTab } from '@/features/table/maintenance/MaintenanceTab';
import { OverviewTab } from '@/features/table/OverviewTab';
import { PreviewTab } from '@/features/table/PreviewTab';
import { forgetTable, noteTable } from '@/features/table/recent';
import { mayWrite } from '@/features/table/rights';
import { TableActions } from '@/features/table/TableActions';
import { VersionBanner } from '@/features/table/VersionBanner';
import { useTitle } from '@/lib/hooks';

const TABS: { id: TableTab; label: string }[] = [
  { id: 'overview', label: 'Overview' },
  { id: 'preview', label: 'Preview' },
  { id: 'history', label: 'History' },
  { id: 'files', label: 'Files' },
  { id: 'maintenance', label: 'Maintenance' },
  { id: 'details', label: 'Details' },
];

export function TablePage() {
  const { catalog, schema, table } = useParams({
    from: '/shell/catalog/$catalog/$schema/$table',
  });
  const { tab = 'overview', version } = useSearch({
    from: '/shell/catalog/$catalog/$schema/$table',
  });
  const navigate = useNavigate({ from: '/catalog/$catalog/$schema/$table' });
  const name = { catalog, schema, table };
  const detail = useQuery(tableQuery(name, version));
  useTitle(`${table} · ${catalog}.${schema}`);
  const found = detail.isSuccess;
  const gone = isNotFound(detail.error);
  useEffect(() => {
    if (found) noteTable({ catalog, schema, table });
    if (gone && version === undefined) forgetTable({ catalog, schema, table });
  }, [found, gone, version, catalog, schema, table]);

  const isView = detail.data?.kind === 'view';
  const writes = detail.data !== undefined && mayWrite(detail.data);
  const tabs = TABS.filter(({ id }) =>
    isView ? id === 'overview' || id === 'preview' : id !== 'maintenance' || writes,
  );
  const select = (next: TableTab) =>
    void navigate({
      search: ({ version: kept }) => ({ tab: next, ...(kept !== undefined && { version: kept }) }),
    });
  const showVersion = (next: number | undefined) =>
    void navigate({
      search: next === undefined ? { tab } : { tab: 'preview', version: next },
    });
  const encoded = encodeURIComponent(catalog);
  const schemaPath = `/catalog/${encoded}/${encodeURIComponent(schema)}`;
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Catalog', to: '/catalog' },
          { label: catalog, to: `/catalog/${encoded}` },
          { label: schema, to: schemaPath },
          {
            label: (
              <span className="flex items-center gap-2">
                <span className="truncate">{table}</span>
                {detail.data && detail.data.kind !== 'managed' && <Badge>{detail.data.kind}</Badge>}
              </span>
            ),
          },
        ]}
      >
        {detail.data && <TableActions name={name} detail={detail.data} version={version} />}
      </PageHeader>
      {detail.isPending && <SkeletonRows />}
      {detail.isError && (
        <ErrorPanel
          error={detail.error}
          retry={detail.refetch}
          instead={
            version === undefined
              ? { label: `Show ${catalog}.${schema}`, to: schemaPath }
              : {
                  label: 'Show the latest version',
                  to: `${schemaPath}/${encodeURIComponent(table)}`,
                }
          }
        />
      )}
      {detail.isError && version === undefined && (
        <RequestAccess
          secured={{ type: 'table', object: [catalog, schema, table].join('.') }}
          error={detail.error}
        />
      )}
      {detail.data && (
        <>
          {version !== undefined && (
            <VersionBanner
              name={name}
              detail={detail.data}
              onLatest={() => showVersion(undefined)}
            />
          )}
          <TabBar label="Table" tabs={tabs} selected={tab} onSelect={select} />
          <div role="tabpanel" className="flex min-h-0 min-w-0 flex-1 flex-col">
            {tab === 'overview' && <OverviewTab detail={detail.data} />}
            {tab === 'preview' && <PreviewTab name={name} version={version} />}
            {tab === 'history' && (
              <HistoryTab
                name={name}
                detail={detail.data}
                shown={version ?? detail.data.version}
                onShow={showVersion}
              />
            )}
            {tab === 'files' && <FilesTab name={name} version={version} />}
            {tab === 'maintenance' && writes && <MaintenanceTab name={name} detail={detail.data} />}
            {tab === 'maintenance' && !writes && (
              <EmptyState title="Not allowed">
                Maintenance is for those who may write to the table. Its owner or an administrator
                can allow it.
              </EmptyState>
            )}
            {tab === 'details' && <DetailsTab detail={detail.data} />}
          </div>
        </>
      )}
    </>
  );
}
