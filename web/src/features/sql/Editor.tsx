import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorExtensions, type EditorActions } from '@/features/sql/editor-setup';
import { sqlEditor } from '@/features/sql/editor-handle';
import type { Run } from '@/features/sql/runs';
import { updateTab, type SqlTab } from '@/features/sql/tabs';

interface Props {
  tab: SqlTab;
  runs: Run[];
  actions: EditorActions;
}

const states = new Map<string, EditorState>(); // each tab's text, cursor and undo history

// What the kept states ask at the time of use; it outlives the component as they do.
const latest = {} as { tab: SqlTab; actions: EditorActions };

/** The text of the tab in front. */
export function Editor({ tab, runs, actions }: Props) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    latest.tab = tab;
    latest.actions = actions;
  });

  useEffect(() => {
    const view = new EditorView({ parent: host.current! });
    sqlEditor.view = view;
    return () => {
      states.set(latest.tab.id, view.state);
      view.destroy();
      sqlEditor.view = undefined;
    };
  }, []);

  useEffect(() => {
    const view = sqlEditor.view!;
    const id = tab.id;
    const extensions = [
      editorExtensions(
        () => latest.tab,
        () => latest.actions,
      ),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) updateTab(id, { sql: update.state.doc.toString() });
      }),
    ];
    const doc = latest.tab.sql;
    view.setState(states.get(id) ?? EditorState.create({ doc, extensions }));
    const byKeys = document.activeElement?.matches('[role=tab]:focus-visible');
    if (matchMedia('(pointer: fine)').matches && !byKeys) view.focus();
    return () => void states.set(id, view.state);
  }, [tab.id]);

  // The text may be changed from outside: a saved query opened, a table name inserted.
  useEffect(() => {
    const view = sqlEditor.view!;
    const before = view.state.doc.toString();
    if (before === tab.sql) return;
    view.dispatch({
      changes: { from: 0, to: before.length, insert: tab.sql },
      selection: { anchor: tab.sql.length },
    });
  }, [tab.id, tab.sql]);

  const failed = runs.find((run) => run.error?.position !== undefined);
  useEffect(() => {
    const view = sqlEditor.view!;
    const length = view.state.doc.length;
    const at = failed && Math.min(failed.from + failed.error!.position!, length);
    const word = at === undefined ? null : view.state.wordAt(at);
    const diagnostics =
      failed && at !== undefined
        ? [
            {
              from: word?.from ?? Math.max(0, Math.min(at, length - 1)),
              to: word?.to ?? Math.min(at + 1, length),
              severity: 'error' as const,
              message: failed.error!.message,
            },
          ]
        : [];
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [tab.id, failed]);

  return <div ref={host} className="min-h-0 flex-1 overflow-hidden" />;
}
