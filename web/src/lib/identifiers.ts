/** Names that SQL accepts bare; all others are quoted. */
const BARE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = new Set(
  (
    'all and any as asc between by case cast check collate column constraint create cross default ' +
    'desc distinct drop else end except false fetch for foreign from full group having in inner ' +
    'insert intersect into is join lateral left like limit natural not null offset on or order ' +
    'outer primary qualify references right select table then to true union unique update user ' +
    'using values when where window with'
  )
    .split(' ')
    .filter((word) => word !== 'default'), // `default` is the usual schema and works bare in FROM
);

export function quoteIdentifier(name: string): string {
  if (BARE.test(name) && !RESERVED.has(name.toLowerCase())) return name;
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `main.sales.orders`, each part quoted where it must be. */
export const qualified = (...parts: string[]): string => parts.map(quoteIdentifier).join('.');

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** What is wrong with a name for a catalog, schema, table or volume; undefined when it is fine. */
export function nameProblem(name: string): string | undefined {
  if (name.length === 0) return 'Enter a name.';
  if (new TextEncoder().encode(name).length > 255) return 'A name has at most 255 bytes.';
  // eslint-disable-next-line no-control-regex
  if (/[/.\u0000-\u001f\u007f]/.test(name)) {
    return 'A name cannot contain dots, slashes or control characters.';
  }
  return undefined;
}

/** A file's name as a table name: "Q1 Sales (2).csv" → "q1_sales_2". */
export function tableNameFromFile(file: string): string {
  const stem = file.replace(/(\.(csv|tsv|txt|json|jsonl|ndjson|parquet|gz|zst))+$/i, '');
  const name = stem
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  return /^\d/.test(name) ? `t_${name}` : name || 'table_1';
}
