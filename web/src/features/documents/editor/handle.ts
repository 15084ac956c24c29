import type Quill from 'quill/core';
import type { Range } from 'quill/core';
import { QuillBinding } from 'y-quill';
import { UndoManager } from 'yjs';
import type { LiveDocument } from '@/features/documents/editor/live';
import type { Arriving } from '@/features/documents/editor/attach';
import { createEditor } from '@/features/documents/editor/quill';
import { undoWith } from '@/features/documents/editor/undo';
import { guardText } from '@/features/documents/suggestions/guard';
import { createStore, type Store } from '@/lib/store';

export interface View {
  /** Where the cursor is, or was before something else took the focus. */
  range: Range | undefined;
  formats: Record<string, unknown>;
  focused: boolean;
  /** Grows with every change of the text. */
  version: number;
}

/** An editor that shows a live document. */
export interface EditorHandle {
  quill: Quill;
  live: LiveDocument;
  view: Store<View>;
  undo: UndoManager;
  /** Whether what is typed is only suggested, and in whose name. */
  suggesting: Store<{ user: string; name: string } | undefined>;
  destroy(): void;
}

const NAMES_SHOWN = 2500; // milliseconds after somebody's cursor has moved

interface CursorModule {
  toggleFlag(id: string, shown: boolean): void;
  cursors(): { id: string }[];
}

/** Shows whose a cursor is for a while after it has moved. */
function showNames(quill: Quill, { awareness, doc }: LiveDocument): () => void {
  const cursors = quill.getModule('cursors') as CursorModule;
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  const toggle = (client: number, shown: boolean) => {
    const id = String(client);
    if (cursors.cursors().some((cursor) => cursor.id === id)) cursors.toggleFlag(id, shown);
  };
  const moved = ({ added, updated }: { added: number[]; updated: number[] }) => {
    for (const client of [...added, ...updated]) {
      if (client === doc.clientID) continue;
      toggle(client, true);
      clearTimeout(timers.get(client));
      timers.set(
        client,
        setTimeout(() => toggle(client, false), NAMES_SHOWN),
      );
    }
  };
  awareness.on('change', moved);
  return () => {
    awareness.off('change', moved);
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

interface Options {
  readOnly: boolean;
  placeholder: string;
  onFiles(files: readonly Arriving[]): void;
}

export function openEditor(
  element: HTMLElement,
  live: LiveDocument,
  options: Options,
): EditorHandle {
  const quill = createEditor(element, options);
  const suggesting = createStore<{ user: string; name: string } | undefined>(undefined);
  const binding = new QuillBinding(live.text, quill, live.awareness);
  guardText(quill, binding, suggesting);
  const undo = new UndoManager(live.text, { trackedOrigins: new Set([binding]) });
  undoWith(quill, undo);
  const view = createStore<View>({ range: undefined, formats: {}, focused: false, version: 0 });
  const look = (name: string) => {
    const range = quill.hasFocus() ? quill.selection.lastRange : null;
    view.set((before) => ({
      range: range ?? before.range,
      formats: range ? quill.getFormat(range) : before.formats,
      focused: range !== null,
      version: before.version + (name === 'text-change' ? 1 : 0),
    }));
  };
  quill.on('editor-change', look);
  const hideNames = showNames(quill, live);
  return {
    quill,
    live,
    view,
    undo,
    suggesting,
    destroy() {
      quill.off('editor-change', look);
      hideNames();
      undo.destroy();
      binding.destroy();
      // Frees what the blots hold outside of the document.
      quill.setContents([], 'silent');
      element.replaceChildren();
    },
  };
}
