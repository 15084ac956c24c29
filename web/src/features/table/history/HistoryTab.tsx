import { useInfiniteQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { historyQuery, type TableName } from '@/api/catalog';
import type { TableVersion } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { classes } from '@/components/classes';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { stepDone } from '@/features/home/steps';
import { formatBytes, formatMany, rawText } from '@/lib/format';

const rows = (value: number) => formatMany(value, 'row');
const files = (value: number) => formatMany(value, 'file');
const METRICS: [string, string, (value: number) => string][] = [
  ['numOutputRows', ' written', rows],
  ['num_added_rows', ' written', rows],
  ['numDeletedRows', ' deleted', rows],
  ['numUpdatedRows', ' updated', rows],
  ['numFiles', '', files],
  ['num_added_files', '', files],
  ['numRemovedFiles', ' removed', files],
  ['numOutputBytes', ' written', formatBytes],
];

type Values = Record<string, unknown> | null | undefined;

function metricTexts(metrics: Values): string[] {
  return METRICS.flatMap(([key, label, format]) => {
    const value = Number(metrics?.[key]);
    const known = metrics?.[key] !== undefined && metrics?.[key] !== null && Number.isFinite(value);
    return known ? [`${format(value)}${label}`] : [];
  });
}

function parameterText(parameters: Values): string {
  return Object.entries(parameters ?? {})
    .filter(([, value]) => value !== null && value !== '' && rawText(value) !== '[]')
    .map(([key, value]) => `${key}: ${rawText(value)}`)
    .join(' · ');
}

interface RowProps {
  version: TableVersion;
  latest: boolean;
  shown: boolean;
  onShow(version: number | undefined): void;
}

function VersionRow({ version, latest, shown, onShow }: RowProps) {
  const show = () => {
    stepDone('version');
    onShow(latest ? undefined : version.version);
  };
  return (
    <li
      className={classes(
        'flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2',
        shown && 'bg-selected',
      )}
    >
      <span className="num w-10 text-right font-semibold">{version.version}</span>
      <span className="min-w-0 flex-1 md:basis-60">
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{version.operation}</span>
          {latest && <Badge tone="success">latest</Badge>}
          <span className="num text-sm text-muted">
            {metricTexts(version.metrics as Values).join(', ')}
          </span>
        </span>
        <span className="line-clamp-2 font-mono text-xs wrap-anywhere text-faint">
          {parameterText(version.parameters as Values)}
        </span>
      </span>
      <span className="text-sm text-muted max-md:order-last max-md:basis-full max-md:pl-14">
        {[version.user, version.engine].filter(Boolean).map((text) => (
          <Fragment key={text}>{text} · </Fragment>
        ))}
        <Ago time={version.timestamp} />
      </span>
      <Button onClick={show} disabled={shown} className="w-28">
        {shown ? 'Shown' : 'View'}
      </Button>
    </li>
  );
}

interface Props {
  name: TableName;
  shown: number | undefined;
  onShow(version: number | undefined): void;
}

/** Every version of the table, newest first. */
export function HistoryTab({ name, shown, onShow }: Props) {
  const history = useInfiniteQuery(historyQuery(name));
  if (history.isPending) return <SkeletonRows />;
  if (history.isError) return <ErrorPanel error={history.error} retry={history.refetch} />;
  const versions = history.data.pages.flatMap((page) => page.items);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ol>
        {versions.map((version, index) => (
          <VersionRow
            key={version.version}
            version={version}
            latest={index === 0}
            shown={version.version === shown}
            onShow={onShow}
          />
        ))}
      </ol>
      {history.hasNextPage && (
        <div className="p-4">
          <Button busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Older versions
          </Button>
        </div>
      )}
    </div>
  );
}
