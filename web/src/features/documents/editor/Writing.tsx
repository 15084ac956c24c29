import { useSearch } from '@tanstack/react-router';
import { MessageSquarePlus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { DocumentVersion } from '@/api/document-talk';
import { IconButton } from '@/components/IconButton';
import { ActivityPanel } from '@/features/documents/ActivityPanel';
import { anchorOf } from '@/features/documents/comments/anchors';
import { CommentsPanel, type Draft } from '@/features/documents/comments/CommentsPanel';
import { useComments, type Placed } from '@/features/documents/comments/useComments';
import {
  arriving,
  attach,
  createSendings,
  type Arriving,
} from '@/features/documents/editor/attach';
import type { InsertCommand } from '@/features/documents/editor/commands';
import type { DocumentPlace, Mode, Panel } from '@/features/documents/editor/EditorPage';
import { FindBar } from '@/features/documents/editor/FindBar';
import type { EditorHandle } from '@/features/documents/editor/handle';
import type { LiveDocument } from '@/features/documents/editor/live';
import { Outline } from '@/features/documents/editor/Outline';
import { plainText, quoteOf } from '@/features/documents/editor/plain-text';
import { SendingList } from '@/features/documents/editor/SendingList';
import { Sheet } from '@/features/documents/editor/Sheet';
import { Toolbar } from '@/features/documents/editor/Toolbar';
import { useCommentAtCursor } from '@/features/documents/comments/useCommentAtCursor';
import { useEditorKeys } from '@/features/documents/editor/useEditorKeys';
import { SuggestionBar } from '@/features/documents/suggestions/SuggestionBar';
import { VersionPreview } from '@/features/documents/versions/VersionPreview';
import { VersionsPanel } from '@/features/documents/versions/VersionsPanel';
import { useNarrow } from '@/lib/hooks';

interface Props {
  place: DocumentPlace;
  live: LiveDocument;
  editor: EditorHandle | undefined;
  onOpen(editor: EditorHandle | undefined): void;
  mode: Mode;
  writes: boolean;
  panel: Panel;
  onPanel(panel: Panel): void;
  outline: boolean;
  onOutline(shown: boolean): void;
}

/** The text with its tools on all sides. */
export function Writing(props: Props) {
  const { place, live, editor, onOpen, mode, writes, panel, onPanel, outline } = props;
  const { info, share, reader } = place;
  const { comment: asked } = useSearch({ from: '/shell/documents/$document' });
  const [finding, setFinding] = useState<'find' | 'replace'>();
  const [linking, setLinking] = useState(false);
  const [adding, setAdding] = useState<number>();
  const [draft, setDraft] = useState<Draft>();
  const [thread, setThread] = useState(asked);
  const [version, setVersion] = useState<DocumentVersion>();
  const [sendings] = useState(createSendings);
  const chooser = useRef<HTMLInputElement>(null);
  const target = useRef(0);
  const comments = useComments(place, editor, panel === 'comments' ? thread : undefined);
  const narrow = useNarrow();
  const readOnly = mode === 'read';
  const talks = info.access !== 'viewer';
  useEffect(() => {
    editor?.suggesting.set(mode === 'suggest' ? { user: reader.id, name: reader.name } : undefined);
  }, [editor, mode, reader.id, reader.name]);
  useCommentAtCursor(editor, comments.placed, (id) => {
    setThread(id);
    onPanel('comments');
  });

  const startComment = () => {
    if (!editor || !talks) return;
    // The view learns of a new selection a moment later.
    const range = editor.quill.hasFocus() ? editor.quill.getSelection() : editor.view.get().range;
    onPanel('comments');
    if (!range || range.length === 0) return setDraft({});
    setThread(undefined);
    setDraft({
      anchor: anchorOf(live.text, range.index, range.length),
      quote: quoteOf(plainText(editor.quill.getContents(range.index, range.length).ops)),
    });
  };
  useEditorKeys(readOnly, setFinding, () => setLinking(true), startComment);

  const openThread = ({ comment, span }: Placed) => {
    setThread(comment.id);
    if (!span || !editor) return;
    const [line] = editor.quill.getLine(span.index);
    line?.domNode.scrollIntoView({ block: 'nearest' });
  };
  const sendFiles = (files: readonly Arriving[]) => {
    if (editor) void attach(editor, sendings, { id: info.id, share }, files);
  };
  const insert = (command: InsertCommand, index: number) => {
    if (!editor) return;
    target.current = index;
    command.run({
      quill: editor.quill,
      index,
      pickFiles: (images) => {
        chooser.current!.accept = images ? 'image/png,image/jpeg,image/gif,image/webp' : '';
        chooser.current!.click();
      },
      askQuery: () => setAdding(index),
    });
    editor.quill.focus({ preventScroll: true });
  };
  const closePanel = () => {
    onPanel(undefined);
    setVersion(undefined);
  };
  return (
    <>
      {editor && !readOnly && (
        <Toolbar editor={editor} onLink={() => setLinking(true)} onInsert={insert}>
          <IconButton label="Comment" keys="mod+alt+M" onClick={startComment}>
            <MessageSquarePlus size={15} />
          </IconButton>
        </Toolbar>
      )}
      {editor && !readOnly && <SuggestionBar editor={editor} />}
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
          sendFiles(arriving(target.current, [...(event.target.files ?? [])]));
          event.target.value = '';
        }}
      />
      <div className="relative flex min-h-0 flex-1">
        {outline && editor && (
          <aside className="no-print w-56 shrink-0 overflow-y-auto border-r border-line bg-panel max-md:absolute max-md:inset-y-0 max-md:z-20 max-md:shadow-pop">
            <Outline editor={editor} onGone={() => narrow && props.onOutline(false)} />
          </aside>
        )}
        {version && (
          <VersionPreview
            key={version.id}
            document={info.id}
            version={version}
            writes={writes}
            onClose={() => setVersion(undefined)}
          />
        )}
        <Sheet
          hidden={version !== undefined}
          live={live}
          editor={editor}
          place={place}
          readOnly={readOnly}
          linking={linking}
          onLinked={() => setLinking(false)}
          adding={adding}
          onAdded={() => setAdding(undefined)}
          onOpen={onOpen}
          onFiles={sendFiles}
          onInsert={insert}
        />
        {panel === 'comments' && (
          <CommentsPanel
            place={place}
            comments={comments}
            draft={draft}
            onDraft={setDraft}
            open={thread}
            onOpen={openThread}
            onClose={closePanel}
          />
        )}
        {panel === 'versions' && (
          <VersionsPanel
            document={info.id}
            writes={writes}
            shown={version}
            onShow={(next) => {
              setVersion(next);
              // On a phone the list covers what it shows.
              if (next && narrow) onPanel(undefined);
            }}
            onClose={closePanel}
          />
        )}
        {panel === 'activity' && <ActivityPanel document={info.id} onClose={closePanel} />}
        <SendingList sendings={sendings} />
      </div>
    </>
  );
}
