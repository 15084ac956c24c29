import type { TableDetail } from '@/api/types';

/** Python that reads the table with delta-rs, without this server. */
export function pythonSnippet(detail: TableDetail): string {
  return [
    '# pip install deltalake pyarrow',
    'from deltalake import DeltaTable',
    '',
    `DeltaTable(${JSON.stringify(detail.location ?? '')}).to_pyarrow_table()`,
  ].join('\n');
}
