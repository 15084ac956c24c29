import type { QueryResult } from '@/api/types';
import { classes } from '@/components/classes';
import { columnFormat } from '@/lib/format';

export const SHOWN = 50; // rows of a table within a text

/** The first rows of a result. No <table>: the editor has tables of its own. */
export function ResultTable({ result }: { result: QueryResult }) {
  const formats = result.columns.map(columnFormat);
  return (
    <div className="max-h-80 overflow-auto" tabIndex={0} aria-label="Rows">
      <div role="table" aria-label="Result" className="table w-full text-sm">
        <div role="rowgroup" className="table-header-group">
          <div role="row" className="table-row">
            {result.columns.map(({ name }, index) => (
              <div
                key={index}
                role="columnheader"
                className={classes(
                  'sticky top-0 table-cell border-b border-line bg-panel px-3 py-1 font-medium whitespace-nowrap',
                  formats[index]?.right && 'text-right',
                )}
              >
                {name}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-row-group">
          {result.rows.slice(0, SHOWN).map((row, line) => (
            <div key={line} role="row" className="table-row">
              {(row as unknown[]).map((value, index) => (
                <div
                  key={index}
                  role="cell"
                  className={classes(
                    'table-cell max-w-72 truncate border-b border-line px-3 py-1',
                    formats[index]?.right && 'num text-right',
                  )}
                >
                  {value === null ? (
                    <span className="text-faint">NULL</span>
                  ) : (
                    formats[index]?.text(value)
                  )}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
