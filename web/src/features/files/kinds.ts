import type { FileFormat } from '@/api/types';

/** The format that a file's name promises; undefined when it is none that can become a table. */
export function formatOfName(name: string): FileFormat | undefined {
  const plain = name.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(csv|tsv|txt)$/.test(plain)) return 'csv';
  if (/\.(json|jsonl|ndjson)$/.test(plain)) return 'json';
  if (/\.parquet$/.test(plain)) return 'parquet';
  return undefined;
}
