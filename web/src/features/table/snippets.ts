import type { TableDetail } from '@/api/types';

/** Python that reads the table with delta-rs, without this server. */
export function pythonSnippet(detail: TableDetail): string {
  return [
    '# pip install deltalake pandas',
    'from deltalake import DeltaTable',
    '',
    `table = DeltaTable(${JSON.stringify(detail.location ?? '')})`,
    'frame = table.to_pandas()',
  ].join('\n');
}
