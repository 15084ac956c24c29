import { Diff, EllipsisVertical, Eye, RotateCcw, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import type { TableVersion } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { classes } from '@/components/classes';
import { DisclosureButton } from '@/components/DisclosureButton';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { factsOf, factText, type Metrics } from '@/features/report/facts';
import { AllMetrics } from '@/features/report/ReportView';
import { parameterText } from '@/features/table/history/diff';
import { formatDateTime } from '@/lib/format';

export interface VersionActions {
  view(version: number): void;
  query(version: number): void;
  compare(from: number, to: number): void;
  /** Absent for those who may not write. */
  restore?: ((version: number) => void) | undefined;
}

interface Props {
  version: TableVersion;
  latest: boolean;
  shown: boolean;
  /** It is the one that was asked for. */
  marked: boolean;
  picked: boolean;
  onPick(): void;
  actions: VersionActions;
}

export function VersionRow({ version, latest, shown, marked, picked, onPick, actions }: Props) {
  const [open, setOpen] = useState(false);
  const number = version.version;
  const facts = factsOf(version.operation, version.metrics as Metrics)
    .filter(({ what, value }) => what !== 'time' && value !== 0)
    .map(factText);
  const parameters = parameterText(version.parameters as Metrics);
  const metrics = version.metrics as Record<string, unknown>;
  const details = Object.keys(metrics).length > 0;
  const items: MenuItem[] = [
    { label: 'View', icon: <Eye size={14} />, onSelect: () => actions.view(number) },
    {
      label: 'Query this version',
      icon: <SquareTerminal size={14} />,
      onSelect: () => actions.query(number),
    },
    {
      label: 'Compare with the one before',
      icon: <Diff size={14} />,
      disabled: number === 0,
      onSelect: () => actions.compare(number - 1, number),
    },
    ...(actions.restore
      ? [
          {
            label: 'Restore…',
            icon: <RotateCcw size={14} />,
            separated: true,
            disabled: latest,
            onSelect: () => actions.restore?.(number),
          },
        ]
      : []),
  ];
  return (
    <li
      className={classes(
        'border-b border-line px-4 py-2',
        (shown || marked || picked) && 'bg-selected',
      )}
      aria-label={`Version ${number}`}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <input
          type="checkbox"
          aria-label={`Compare version ${number}`}
          checked={picked}
          onChange={onPick}
          className="size-3.5 accent-accent-fill pointer-coarse:size-5"
        />
        <span className="num min-w-8 text-right font-semibold">{number}</span>
        <span className="min-w-0 flex-1 md:basis-60">
          <span className="flex flex-wrap items-center gap-2">
            <span className="font-medium">{version.operation || 'Unknown operation'}</span>
            {latest && <Badge tone="success">latest</Badge>}
            <span className="num text-sm text-muted">{facts.join(', ')}</span>
          </span>
          <span className="line-clamp-2 font-mono text-xs wrap-anywhere text-faint">
            {parameters}
          </span>
        </span>
        <span className="num text-sm text-muted max-md:order-last max-md:basis-full max-md:pl-14">
          {formatDateTime(version.timestamp)} · <Ago time={version.timestamp} />
          <span className="block">
            {[version.user, version.engine].filter(Boolean).join(' · ')}
          </span>
        </span>
        <Button onClick={() => actions.view(number)} disabled={shown} className="max-md:hidden">
          {shown ? 'Shown' : 'View'}
        </Button>
        <DisclosureButton
          open={open}
          label={open ? 'Hide the metrics' : 'Show the metrics'}
          disabled={!details}
          onToggle={() => setOpen(!open)}
        />
        <Menu items={items}>
          <IconButton label={`Actions on version ${number}`}>
            <EllipsisVertical size={16} />
          </IconButton>
        </Menu>
      </div>
      {open && (
        <div className="py-2 md:pl-16">
          <AllMetrics metrics={metrics} open />
        </div>
      )}
    </li>
  );
}
