import Quill from 'quill/core';
import { useState } from 'react';
import { createPortal } from 'react-dom';
import { insertBlock } from '@/features/documents/editor/commands';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { mounts, type SqlEmbedValue } from '@/features/documents/editor/mounts';
import { QueryDialog } from '@/features/documents/embeds/QueryDialog';
import { SqlEmbed } from '@/features/documents/embeds/SqlEmbed';
import { useStore } from '@/lib/store';
import Delta from 'quill-delta';

interface Props {
  editor: EditorHandle;
  runs: boolean;
  writes: boolean;
  /** Where a new query is to stand. */
  adding: number | undefined;
  onAdded(): void;
}

/** Draws the queries that stand in the text, and asks for new ones. */
export function Embeds({ editor, runs, writes, adding, onAdded }: Props) {
  const all = useStore(mounts);
  const [editing, setEditing] = useState<{ node: HTMLElement; value: SqlEmbedValue }>();
  const { quill } = editor;
  const replace = (node: HTMLElement, value: SqlEmbedValue) => {
    const blot = Quill.find(node);
    if (!blot || blot instanceof Quill) return;
    const index = quill.getIndex(blot);
    editor.undo.stopCapturing();
    quill.updateContents(new Delta().retain(index).insert({ embed: value }).delete(1), 'user');
  };
  return (
    <>
      {all.map(({ node, value }, index) =>
        createPortal(
          <SqlEmbed
            value={value}
            runs={runs}
            onEdit={
              writes && quill.root.contains(node) ? () => setEditing({ node, value }) : undefined
            }
          />,
          node,
          String(index),
        ),
      )}
      {editing && (
        <QueryDialog
          value={editing.value}
          onSave={(value) => {
            replace(editing.node, value);
            setEditing(undefined);
          }}
          onClose={() => setEditing(undefined)}
        />
      )}
      {adding !== undefined && (
        <QueryDialog
          value={{ query: '', view: 'table' }}
          onSave={(value) => {
            insertBlock(quill, adding, 'embed', value);
            onAdded();
          }}
          onClose={onAdded}
        />
      )}
    </>
  );
}
