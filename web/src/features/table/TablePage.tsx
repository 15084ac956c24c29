import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { tableQuery } from '@/api/catalog';
import { isNotFound } from '@/api/errors';
import type { TableTab } from '@/app/router';
import { Badge } from '@/components/Badge';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { TabBar } from '@/components/TabBar';
import { DetailsTab } from '@/features/table/DetailsTab';
import { FilesTab } from '@/features/table/FilesTab';
import { HistoryTab } from '@/features/table/HistoryTab';
import { OverviewTab } from '@/features/table/OverviewTab';
import { PreviewTab } from '@/features/table/PreviewTab';
import { forgetTable, noteTable } from '@/features/table/recent';
import { TableActions } from '@/features/table/TableActions';
import { VersionBanner } from '@/features/table/VersionBanner';
import { useTitle } from '@/lib/hooks';

const TABS: { id: TableTab; label: string }[] = [
  { id: 'overview', label: 'Overview' },
  { id: 'preview', label: 'Preview' },
  { id: 'history', label: 'History' },
  { id: 'files', label: 'Files' },
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
  const tabs = isView ? TABS.filter(({ id }) => id === 'overview' || id === 'preview') : TABS;
  const select = (next: TableTab) => void navigate({ search: (old) => ({ ...old, tab: next }) });
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
              <HistoryTab name={name} shown={version ?? detail.data.version} onShow={showVersion} />
            )}
            {tab === 'files' && <FilesTab name={name} version={version} />}
            {tab === 'details' && <DetailsTab detail={detail.data} />}
          </div>
        </>
      )}
    </>
  );
}
