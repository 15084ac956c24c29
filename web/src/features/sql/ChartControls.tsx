import type { ResultColumn } from '@/api/types';
import { Checkbox, Field, Select } from '@/components/Field';
import {
  AGGREGATES,
  CHART_TYPES,
  type Aggregate,
  type ChartConfig,
  type ChartType,
} from '@/features/sql/chart-data';
import { columnKind, isNumeric } from '@/lib/column-kind';

const AGGREGATE_LABELS: Record<Aggregate, string> = {
  none: 'None',
  sum: 'Sum',
  avg: 'Average',
  min: 'Minimum',
  max: 'Maximum',
  count: 'Count',
};

interface Props {
  columns: ResultColumn[];
  config: ChartConfig;
  onChange(config: ChartConfig): void;
}

export function ChartControls({ columns, config, onChange }: Props) {
  const options = columns.map((column, index) => (
    <option key={index} value={index}>
      {column.name}
    </option>
  ));
  const values = columns.flatMap((column, index) =>
    config.aggregate === 'count' || isNumeric(columnKind(column.type)) ? [{ column, index }] : [],
  );
  const toggle = (index: number) => {
    const y = config.y.includes(index)
      ? config.y.filter((other) => other !== index)
      : [...config.y, index];
    if (y.length > 0) onChange({ ...config, y });
  };
  return (
    <div className="flex shrink-0 flex-wrap gap-3 border-line p-3 max-md:order-last max-md:border-t md:w-56 md:flex-col md:flex-nowrap md:overflow-y-auto md:border-r">
      <Field label="Type" className="max-md:flex-1">
        {(control) => (
          <Select
            {...control}
            value={config.type}
            onChange={(event) => onChange({ ...config, type: event.target.value as ChartType })}
          >
            {CHART_TYPES.map((type) => (
              <option key={type} value={type}>
                {type[0]!.toUpperCase() + type.slice(1)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={config.type === 'pie' ? 'Slices' : 'X axis'} className="max-md:flex-1">
        {(control) => (
          <Select
            {...control}
            value={config.x}
            onChange={(event) => onChange({ ...config, x: Number(event.target.value) })}
          >
            {options}
          </Select>
        )}
      </Field>
      <fieldset className="min-w-0 max-md:basis-full">
        <legend className="mb-1 font-medium">{config.type === 'pie' ? 'Size' : 'Y axis'}</legend>
        <div className="flex max-h-40 flex-wrap gap-x-3 gap-y-1 overflow-y-auto md:flex-col md:flex-nowrap">
          {values.map(({ column, index }) => (
            <Checkbox
              key={index}
              checked={config.y.includes(index)}
              onChange={() => toggle(index)}
              className="min-w-0"
            >
              <span className="truncate">{column.name}</span>
            </Checkbox>
          ))}
        </div>
      </fieldset>
      <Field label="Aggregate" className="max-md:flex-1">
        {(control) => (
          <Select
            {...control}
            value={config.aggregate}
            onChange={(event) =>
              onChange({ ...config, aggregate: event.target.value as Aggregate })
            }
          >
            {AGGREGATES.map((name) => (
              <option key={name} value={name}>
                {AGGREGATE_LABELS[name]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {config.type !== 'pie' && (
        <Field label="Series" className="max-md:flex-1">
          {(control) => (
            <Select
              {...control}
              value={config.series ?? ''}
              onChange={(event) => {
                const chosen = event.target.value;
                onChange({ ...config, series: chosen === '' ? undefined : Number(chosen) });
              }}
            >
              <option value="">None</option>
              {options}
            </Select>
          )}
        </Field>
      )}
    </div>
  );
}
