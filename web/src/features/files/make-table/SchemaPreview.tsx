import type { InferredFile } from '@/api/types';
import { Checkbox } from '@/components/Field';
import { classes } from '@/components/classes';
import { columnProblems, TYPES, type DraftColumn } from '@/features/files/make-table/draft';
import { rawText } from '@/lib/format';

const CELL =
  'h-7 w-full min-w-0 rounded-sm border border-line-strong bg-bg px-1.5 disabled:opacity-70';
const ROWS = 20;

interface Props {
  inferred: InferredFile;
  columns: DraftColumn[];
  editable: boolean;
  onChange(columns: DraftColumn[]): void;
}

interface HeadProps {
  column: DraftColumn;
  problem: string | undefined;
  editable: boolean;
  onChange(values: Partial<DraftColumn>): void;
}

function ColumnHead({ column, problem, editable, onChange }: HeadProps) {
  const types = TYPES.includes(column.type) ? TYPES : [column.type, ...TYPES];
  return (
    <th className="min-w-36 border-r border-b border-line bg-panel p-1.5 align-top font-normal">
      <div className="flex flex-col gap-1">
        <input
          aria-label={`Name of ${column.source}`}
          aria-invalid={problem ? true : undefined}
          title={problem}
          disabled={!editable}
          value={column.name}
          onChange={(event) => onChange({ name: event.target.value })}
          className={classes(CELL, 'font-medium', problem && 'border-danger')}
        />
        <select
          aria-label={`Type of ${column.source}`}
          disabled={!editable}
          value={column.type}
          onChange={(event) => onChange({ type: event.target.value })}
          className={classes(CELL, 'select-chevron appearance-none pr-5 text-sm text-muted')}
        >
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
        {editable && (
          <Checkbox
            checked={column.partition}
            onChange={(event) => onChange({ partition: event.target.checked })}
            className="text-sm text-muted"
          >
            Partition
          </Checkbox>
        )}
      </div>
    </th>
  );
}

/** The columns as they will be, above the file's first rows. */
export function SchemaPreview({ inferred, columns, editable, onChange }: Props) {
  const problems = columnProblems(columns);
  const change = (index: number, values: Partial<DraftColumn>) =>
    onChange(columns.map((column, at) => (at === index ? { ...column, ...values } : column)));
  return (
    <section aria-label="Columns and first rows" className="min-h-48 shrink-0">
      <div className="max-h-80 overflow-auto rounded-md border border-line">
        <table className="min-w-full border-separate border-spacing-0 text-left">
          <thead className="sticky top-0 z-10">
            <tr>
              {columns.map((column, index) => (
                <ColumnHead
                  key={index}
                  column={column}
                  problem={problems[index]}
                  editable={editable}
                  onChange={(values) => change(index, values)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {inferred.rows.slice(0, ROWS).map((row, at) => (
              <tr key={at}>
                {row.map((value, index) => (
                  <td
                    key={index}
                    className={classes(
                      'num max-w-60 truncate border-r border-b border-line px-2 py-1',
                      (value === null || value === undefined) && 'text-faint italic',
                    )}
                  >
                    {value === null || value === undefined ? 'NULL' : rawText(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
