import type { EditorView } from '@codemirror/view';
import { splitStatements, statementAt, type Statement } from '@/lib/sql-split';

/** The editor that is on the page. */
export const sqlEditor: { view: EditorView | undefined } = { view: undefined };

/** Puts text at the cursor, in the selection's place. */
export function insertText(text: string): void {
  const { view } = sqlEditor;
  if (!view) return;
  view.dispatch(view.state.replaceSelection(text));
  view.focus();
}

/** What "run" means: the statements of the selection, else the one at the cursor. */
export function statementsToRun(): Statement[] {
  const { view } = sqlEditor;
  if (!view) return [];
  const { from, to } = view.state.selection.main;
  if (from !== to) {
    return splitStatements(view.state.sliceDoc(from, to)).map((statement) => ({
      text: statement.text,
      from: statement.from + from,
      to: statement.to + from,
    }));
  }
  const statement = statementAt(view.state.doc.toString(), from);
  return statement ? [statement] : [];
}

export const allStatements = (): Statement[] =>
  splitStatements(sqlEditor.view?.state.doc.toString() ?? '');

/** Lays the text out anew; the formatter is loaded at its first use. */
export async function formatText(): Promise<void> {
  const { view } = sqlEditor;
  if (!view) return;
  const { duckdb, formatDialect } = await import('sql-formatter');
  const dialect = {
    ...duckdb,
    tokenizerOptions: {
      ...duckdb.tokenizerOptions,
      identTypes: [...duckdb.tokenizerOptions.identTypes, '``' as const],
    },
  };
  const before = view.state.doc.toString();
  const insert = formatDialect(before, { dialect, keywordCase: 'upper', tabWidth: 2 });
  if (insert !== before) {
    view.dispatch({ changes: { from: 0, to: before.length, insert } });
  }
}
