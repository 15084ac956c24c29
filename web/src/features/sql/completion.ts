import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { catalogsQuery, schemasQuery, tableQuery, tablesQuery } from '@/api/catalog';
import { queryClient } from '@/app/query-client';
import { completionPlace, tableReferences } from '@/features/sql/completion-context';
import { FUNCTIONS, KEYWORDS } from '@/features/sql/sql-words';
import { quoteIdentifier } from '@/lib/identifiers';
import { statementAt } from '@/lib/sql-split';

/** Where names without a catalog or schema are looked up. */
export interface DefaultPlace {
  catalog: string;
  schema: string;
}

const option = (name: string, type: string, detail: string, boost = 0): Completion => ({
  label: name,
  apply: quoteIdentifier(name),
  type,
  detail,
  boost,
});

/** A list that may not be had (no such schema, no rights) completes to nothing. */
async function orNone<T>(list: Promise<T[]>): Promise<T[]> {
  return list.catch(() => []);
}

const catalogs = async () =>
  (await orNone(queryClient.ensureQueryData(catalogsQuery()))).map(({ name }) =>
    option(name, 'namespace', 'catalog', -2),
  );
const schemas = async (catalog: string) =>
  (await orNone(queryClient.ensureQueryData(schemasQuery(catalog)))).map(({ name }) =>
    option(name, 'namespace', 'schema', -1),
  );
const tables = async (catalog: string, schema: string) =>
  (await orNone(queryClient.ensureQueryData(tablesQuery(catalog, schema)))).map((table) =>
    option(table.name, 'class', table.kind === 'view' ? 'view' : 'table', 2),
  );

async function columns(parts: string[], place: DefaultPlace): Promise<Completion[]> {
  const [table, schema = place.schema, catalog = place.catalog] = [...parts].reverse();
  if (!table) return [];
  const known = await queryClient
    .ensureQueryData(tableQuery({ catalog, schema, table }))
    .catch(() => undefined);
  return (known?.columns ?? []).map(({ name, type }) => option(name, 'property', type, 3));
}

async function tableOptions(path: string[], place: DefaultPlace): Promise<Completion[]> {
  if (path.length === 0) {
    const lists = [tables(place.catalog, place.schema), schemas(place.catalog), catalogs()];
    return (await Promise.all(lists)).flat();
  }
  if (path.length === 1) {
    const lists = [schemas(path[0]!), tables(place.catalog, path[0]!)];
    return (await Promise.all(lists)).flat();
  }
  return tables(path[0]!, path[1]!);
}

async function columnOptions(
  path: string[],
  statement: string,
  place: DefaultPlace,
): Promise<Completion[]> {
  const references = tableReferences(statement);
  if (path.length > 0) {
    const called = path.at(-1)!.toLowerCase();
    const reference = references.find(({ alias }) => alias.toLowerCase() === called);
    return reference ? columns(reference.parts, place) : [];
  }
  const known = await Promise.all(references.map(({ parts }) => columns(parts, place)));
  const unique = new Map(known.flat().map((column) => [column.label, column]));
  return [
    ...unique.values(),
    ...references.map(({ alias }) => option(alias, 'variable', 'table', 1)),
    ...FUNCTIONS.map((name) => ({ label: name, type: 'function', apply: `${name}(`, boost: -1 })),
    ...KEYWORDS.map((word) => ({ label: word, type: 'keyword' })),
  ];
}

/** Completion from the catalog: tables where a table is wanted, else columns, functions, keywords. */
export function catalogCompletion(place: () => DefaultPlace) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.doc.toString();
    const statement = statementAt(text, context.pos);
    const inside = statement && statement.from <= context.pos ? statement : undefined;
    const start = inside && inside.to >= context.pos - 1 ? inside.from : 0;
    const at = completionPlace(text.slice(start), context.pos - start);
    if (!at) return null;
    const typed = at.from + start < context.pos || at.path.length > 0;
    if (!typed && !context.explicit && at.wanted !== 'table') return null;
    const options =
      at.wanted === 'table'
        ? await tableOptions(at.path, place())
        : await columnOptions(at.path, statement?.text ?? text, place());
    if (options.length === 0) return null;
    return { from: at.from + start, options, validFor: /^[`"]?[\p{L}\p{N}_$]*$/u };
  };
}
