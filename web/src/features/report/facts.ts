import { formatBytes, formatCount, formatDuration, formatMany } from '@/lib/format';

export type What = 'rows' | 'files' | 'bytes' | 'time';

/** One thing that a statement did, such as 12 rows deleted. */
export interface Fact {
  what: What;
  verb: string;
  value: number;
}

/**
 * Names under which engines report it (delta-spark, delta-rs, the answers of statements), without
 * case and underscores, in the order in which facts are shown. Of several names of one fact the
 * first that is there counts.
 */
const NAMES: [string, What, string][] = [
  ['numInsertedRows', 'rows', 'inserted'],
  ['numTargetRowsInserted', 'rows', 'inserted'],
  ['numUpdatedRows', 'rows', 'updated'],
  ['numTargetRowsUpdated', 'rows', 'updated'],
  ['numDeletedRows', 'rows', 'deleted'],
  ['numTargetRowsDeleted', 'rows', 'deleted'],
  ['numOutputRows', 'rows', 'written'],
  ['numAddedRows', 'rows', 'written'],
  ['numCopiedRows', 'rows', 'copied'],
  ['numTargetRowsCopied', 'rows', 'copied'],
  ['numAddedFiles', 'files', 'added'],
  ['numFilesAdded', 'files', 'added'],
  ['numTargetFilesAdded', 'files', 'added'],
  ['numRestoredFiles', 'files', 'added'],
  ['numFiles', 'files', 'added'],
  ['numRemovedFiles', 'files', 'removed'],
  ['numFilesRemoved', 'files', 'removed'],
  ['numTargetFilesRemoved', 'files', 'removed'],
  ['numDeletedFiles', 'files', 'deleted'],
  ['numFilesToDelete', 'files', 'to delete'],
  ['numAddedBytes', 'bytes', 'added'],
  ['numTargetBytesAdded', 'bytes', 'added'],
  ['filesAdded.totalSize', 'bytes', 'added'],
  ['restoredFilesSize', 'bytes', 'added'],
  ['numOutputBytes', 'bytes', 'added'],
  ['numRemovedBytes', 'bytes', 'removed'],
  ['numTargetBytesRemoved', 'bytes', 'removed'],
  ['filesRemoved.totalSize', 'bytes', 'removed'],
  ['removedFilesSize', 'bytes', 'removed'],
  ['sizeOfDataToDelete', 'bytes', 'deleted'],
  ['executionTimeMs', 'time', 'executing'],
];

const folded = (name: string): string => name.replaceAll('_', '').toLowerCase();

export type Metrics = Record<string, unknown> | null | undefined;

/** Numbers by their folded names; those inside of objects (or of texts of objects) as "a.b". */
function numbersOf(metrics: Metrics, prefix = ''): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [key, value] of Object.entries(metrics ?? {})) {
    const inner = typeof value === 'string' && value.startsWith('{') ? parsed(value) : value;
    const name = folded(prefix + key);
    if (inner && typeof inner === 'object' && !Array.isArray(inner)) {
      for (const [below, number] of numbersOf(inner as Metrics, `${name}.`)) {
        numbers.set(below, number);
      }
    } else if (inner !== null && inner !== '' && Number.isFinite(Number(inner))) {
      numbers.set(name, Number(inner));
    }
  }
  return numbers;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What metrics tell, whichever engine gave them. */
export function factsOf(operation: string, metrics: Metrics): Fact[] {
  const numbers = numbersOf(metrics);
  // What a MERGE writes counts rows that it only copies, too.
  if (operation === 'MERGE') numbers.delete('numoutputrows');
  const facts: Fact[] = [];
  for (const [name, what, verb] of NAMES) {
    const value = numbers.get(folded(name));
    if (value !== undefined) facts.push({ what, verb, value });
  }
  return merged(facts);
}

const order = new Map(NAMES.map(([, what, verb], index) => [`${what} ${verb}`, index]));
const place = ({ what, verb }: Fact): number => order.get(`${what} ${verb}`) ?? NAMES.length;

/** Facts in their usual order; of those about the same thing the first. */
export function merged(facts: Fact[]): Fact[] {
  const seen = new Set<string>();
  return facts
    .filter(({ what, verb }) => {
      const known = seen.has(`${what} ${verb}`);
      seen.add(`${what} ${verb}`);
      return !known;
    })
    .sort((a, b) => place(a) - place(b));
}

export const findFact = (facts: Fact[], what: What, verb: string): number | undefined =>
  facts.find((fact) => fact.what === what && fact.verb === verb)?.value;

const LABELS: Record<What, string> = {
  rows: 'Rows',
  files: 'Files',
  bytes: 'Data',
  time: 'Time',
};

/** "Rows deleted" */
export const factLabel = ({ what, verb }: Fact): string => `${LABELS[what]} ${verb}`;

/** "1,200" or "3.4 MB" */
export function factValue({ what, value }: Fact): string {
  if (what === 'bytes') return formatBytes(value);
  return what === 'time' ? formatDuration(value) : formatCount(value);
}

/** "12 rows deleted" */
export function factText({ what, verb, value }: Fact): string {
  if (what === 'rows') return `${formatMany(value, 'row')} ${verb}`;
  if (what === 'files') return `${formatMany(value, 'file')} ${verb}`;
  return `${what === 'bytes' ? formatBytes(value) : formatDuration(value)} ${verb}`;
}

/** "numTargetRowsInserted" and "num_target_rows_inserted" → "num target rows inserted" */
export const metricName = (key: string): string =>
  key
    .replaceAll('_', ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase();
