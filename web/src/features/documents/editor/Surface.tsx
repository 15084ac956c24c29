import { useEffect, useEffectEvent, useRef } from 'react';
import type { Arriving } from '@/features/documents/editor/attach';
import { openEditor, type EditorHandle } from '@/features/documents/editor/handle';
import type { LiveDocument } from '@/features/documents/editor/live';
import { forgetImages } from '@/features/documents/editor/images';

interface Props {
  live: LiveDocument;
  readOnly: boolean;
  onOpen(editor: EditorHandle | undefined): void;
  onFiles(files: readonly Arriving[]): void;
}

/** The sheet that is written on. */
export function Surface({ live, readOnly, onOpen, onFiles }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorHandle>(undefined);
  const opened = useEffectEvent(onOpen);
  const files = useEffectEvent(onFiles);
  useEffect(() => {
    const sheet = document.createElement('div');
    place.current!.append(sheet);
    const made = openEditor(sheet, live, {
      readOnly: true,
      placeholder: 'Write, or type / for tables, images, queries and more',
      onFiles: (all) => files(all),
    });
    editor.current = made;
    opened(made);
    return () => {
      opened(undefined);
      editor.current = undefined;
      made.destroy();
      sheet.remove();
      forgetImages();
    };
  }, [live]);
  useEffect(() => {
    const quill = editor.current?.quill;
    quill?.enable(!readOnly);
    quill?.root.setAttribute('aria-readonly', String(readOnly));
  }, [readOnly, live]);
  return <div ref={place} className="ob-sheet" />;
}
