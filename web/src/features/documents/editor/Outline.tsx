import { useMemo } from 'react';
import { classes } from '@/components/classes';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { outlineOf } from '@/features/documents/editor/outline';
import { countWords } from '@/features/documents/editor/words';
import { formatMany } from '@/lib/format';
import { useStore } from '@/lib/store';

const INSET = ['', 'pl-2', 'pl-5', 'pl-8', 'pl-11'];

interface Props {
  editor: EditorHandle;
  /** It has led to a heading. */
  onGone(): void;
}

/** The headings, to go to, and how much was written. */
export function Outline({ editor, onGone }: Props) {
  const version = useStore(editor.view, (view) => view.version);
  const { quill } = editor;
  const { headings, count } = useMemo(() => {
    const { ops } = quill.getContents();
    const text = ops.map(({ insert }) => (typeof insert === 'string' ? insert : ' ')).join('');
    return { version, headings: outlineOf(ops), count: countWords(text) };
  }, [quill, version]);
  const go = (index: number) => {
    const [line] = quill.getLine(index);
    line?.domNode.scrollIntoView({ block: 'start', behavior: 'smooth' });
    quill.setSelection(index, 0, 'user');
    onGone();
  };
  return (
    <nav aria-label="Outline" className="flex flex-col gap-2 p-3">
      <p className="px-2 text-sm text-muted">
        {formatMany(count.words, 'word')} · {formatMany(count.characters, 'character')}
      </p>
      {headings.length === 0 && (
        <p className="px-2 text-sm text-faint">Headings of the document show up here.</p>
      )}
      <ul>
        {headings.map(({ index, level, text }) => (
          <li key={index}>
            <button
              type="button"
              onClick={() => go(index)}
              className={classes(
                'w-full truncate rounded-md px-2 py-1 text-left hover:bg-hover',
                INSET[level],
                level === 1 ? 'font-medium' : 'text-muted',
              )}
            >
              {text}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
