import type { FileFormat } from '@/api/types';
import { Field, Select } from '@/components/Field';
import type { CsvOptions } from '@/features/files/make-table/draft';

interface Props {
  format: FileFormat | undefined;
  csv: CsvOptions;
  onFormat(format: FileFormat | undefined): void;
  onCsv(csv: CsvOptions): void;
}

const DELIMITERS: [string, string][] = [
  ['', 'Automatic'],
  [',', 'Comma'],
  [';', 'Semicolon'],
  ['\t', 'Tab'],
  ['|', 'Bar'],
];

/** How the file is read. */
export function FormatFields({ format, csv, onFormat, onCsv }: Props) {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      <Field label="Format">
        {(control) => (
          <Select
            {...control}
            value={format ?? ''}
            onChange={(event) => onFormat((event.target.value || undefined) as FileFormat)}
          >
            <option value="">Automatic</option>
            <option value="csv">CSV</option>
            <option value="json">JSON</option>
            <option value="parquet">Parquet</option>
          </Select>
        )}
      </Field>
      {format === 'csv' && (
        <>
          <Field label="First line">
            {(control) => (
              <Select
                {...control}
                value={csv.header}
                onChange={(event) =>
                  onCsv({ ...csv, header: event.target.value as CsvOptions['header'] })
                }
              >
                <option value="">Automatic</option>
                <option value="yes">Column names</option>
                <option value="no">Data</option>
              </Select>
            )}
          </Field>
          <Field label="Delimiter">
            {(control) => (
              <Select
                {...control}
                value={csv.delimiter}
                onChange={(event) => onCsv({ ...csv, delimiter: event.target.value })}
              >
                {DELIMITERS.map(([value, label]) => (
                  <option key={label} value={value}>
                    {label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </>
      )}
    </div>
  );
}
