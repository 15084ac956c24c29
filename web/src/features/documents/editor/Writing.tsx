import { useEffect, useRef, useState } from 'react';
import { attach, createSendings } from '@/features/documents/editor/attach';
import type { InsertCommand } from '@/features/documents/editor/commands';
import type { DocumentPlace, Mode, Panel } from '@/features/documents/editor/EditorPage';
import { FindBar } from '@/features/documents/editor/FindBar';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { LinkBox } from '@/features/documents/editor/LinkBox';
import type { LiveDocument } from '@/features/documents/editor/live';
import { Outline } from '@/features/documents/editor/Outline';
import { SendingList } from '@/features/documents/editor/SendingList';
import { SlashMenu } from '@/features/documents/editor/SlashMenu';
import { Surface } from '@/features/documents/editor/Surface';
import { Toolbar } from '@/features/documents/editor/Toolbar';
import { useEditorKeys } from '@/features/documents/editor/useEditorKeys';

interface Props {
  place: DocumentPlace;
  live: LiveDocument;
  editor: EditorHandle | undefined;
  onOpen(editor: EditorHandle | undefined): void;
  mode: Mode;
  panel: Panel;
  onPanel(panel: Panel): void;
  outline: boolean;
}

/** The text with its tools on all sides. */
export function Writing(props: Props) {
  const { place, live, editor, onOpen, mode, outline } = props;
  const { info, share, reader } = place;
  const [finding, setFinding] = useState<'find' | 'replace'>();
  const [linking, setLinking] = useState(false);
  const [sendings] = useState(createSendings);
  const chooser = useRef<HTMLInputElement>(null);
  const target = useRef(0);
  const readOnly = mode === 'read';
  useEditorKeys(readOnly, setFinding, () => setLinking(true));
  useEffect(() => {
    editor?.suggesting.set(mode === 'suggest' ? { user: reader.id, name: reader.name } : undefined);
  }, [editor, mode, reader.id, reader.name]);

  const sendFiles = (index: number, files: readonly File[]) => {
    if (editor) void attach(editor, sendings, { id: info.id, share }, index, files);
  };
  const insert = (command: InsertCommand, index: number) => {
    if (!editor) return;
    const { quill } = editor;
    target.current = index;
    command.run({
      quill,
      index,
      pickFiles: (images) => {
        chooser.current!.accept = images ? 'image/png,image/jpeg,image/gif,image/webp' : '';
        chooser.current!.click();
      },
      askQuery: () => undefined,
    });
    quill.focus({ preventScroll: true });
  };
  return (
    <>
      {editor && !readOnly && (
        <Toolbar editor={editor} onLink={() => setLinking(true)} onInsert={insert} />
      )}
      {editor && finding && (
        <FindBar
          editor={editor}
          replacing={finding === 'replace' && !readOnly}
          onClose={() => setFinding(undefined)}
        />
      )}
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          sendFiles(target.current, [...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <div className="relative flex min-h-0 flex-1">
        {outline && editor && (
          <aside className="no-print w-56 shrink-0 overflow-y-auto border-r border-line bg-panel max-md:absolute max-md:inset-y-0 max-md:z-20 max-md:shadow-pop">
            <Outline editor={editor} />
          </aside>
        )}
        <div data-scroller className="min-w-0 flex-1 overflow-y-auto">
          <div className="relative mx-auto max-w-[760px] px-4 md:px-8">
            <Surface live={live} readOnly={readOnly} onOpen={onOpen} onFiles={sendFiles} />
            {editor && <SlashMenu editor={editor} onPick={insert} />}
            {editor && (
              <LinkBox editor={editor} adding={linking} onClose={() => setLinking(false)} />
            )}
          </div>
        </div>
        <SendingList sendings={sendings} />
      </div>
    </>
  );
}
