import { CaseSensitive, ChevronDown, ChevronUp, X } from 'lucide-react';
import Delta from 'quill-delta';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '@/components/Button';
import { Input } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { findAll, nextFrom, type Found } from '@/features/documents/editor/find';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { paint, unpaint } from '@/features/documents/editor/highlights';
import { plainText } from '@/features/documents/editor/plain-text';
import { useStore } from '@/lib/store';

interface Props {
  editor: EditorHandle;
  replacing: boolean;
  onClose(): void;
}

/** Shows the place without taking the focus from the bar. */
function reveal({ quill }: EditorHandle, { index, length }: Found): void {
  const bounds = quill.getBounds(index, length);
  if (!bounds) return;
  const scroller = quill.container.closest('[data-scroller]');
  const top = quill.container.getBoundingClientRect().top + bounds.top;
  const box = scroller?.getBoundingClientRect();
  if (box && (top < box.top + 60 || top > box.bottom - 60))
    scroller!.scrollBy({ top: top - box.top - box.height / 3 });
}

/** Finds and replaces in the text. */
export function FindBar({ editor, replacing, onClose }: Props) {
  const version = useStore(editor.view, (view) => view.version);
  const [wanted, setWanted] = useState('');
  const [instead, setInstead] = useState('');
  const [matchCase, setMatchCase] = useState(false);
  const [at, setAt] = useState(0);
  const { quill } = editor;
  const found = useMemo(
    () => (version < 0 ? [] : findAll(plainText(quill.getContents().ops), wanted, matchCase)),
    [quill, wanted, matchCase, version],
  );
  const current = Math.min(at, found.length - 1);
  useEffect(() => {
    paint(quill, 'ob-found', found);
    paint(quill, 'ob-found-current', current >= 0 ? [found[current]!] : []);
    if (current >= 0) reveal(editor, found[current]!);
    return () => unpaint('ob-found', 'ob-found-current');
  }, [editor, quill, found, current]);

  const go = (step: number) => {
    if (found.length > 0) setAt((current + step + found.length) % found.length);
  };
  const replace = (all: readonly Found[]) => {
    if (all.length === 0) return;
    editor.undo.stopCapturing();
    const change = new Delta();
    let done = 0;
    for (const { index, length } of all) {
      change
        .retain(index - done)
        .insert(instead, quill.getFormat(index, length))
        .delete(length);
      done = index + length;
    }
    quill.updateContents(change, 'user');
    editor.undo.stopCapturing();
  };
  const close = () => {
    const place = found[current];
    onClose();
    quill.focus({ preventScroll: true });
    if (place) quill.setSelection(place.index, place.length, 'user');
  };
  return (
    <div
      role="search"
      aria-label="Find in the document"
      onKeyDown={(event) => event.key === 'Escape' && close()}
      className="no-print flex flex-wrap items-center gap-1 border-b border-line bg-panel px-3 py-1.5"
    >
      <Input
        autoFocus
        aria-label="Find"
        placeholder="Find"
        className="w-48! max-md:min-w-28! max-md:flex-1"
        value={wanted}
        onChange={(event) => {
          setWanted(event.target.value);
          const next = findAll(plainText(quill.getContents().ops), event.target.value, matchCase);
          setAt(nextFrom(next, editor.view.get().range?.index ?? 0));
        }}
        onKeyDown={(event) => event.key === 'Enter' && go(event.shiftKey ? -1 : 1)}
      />
      <span role="status" className="num min-w-16 px-1 text-sm text-muted">
        {wanted && (found.length ? `${current + 1} of ${found.length}` : 'Nothing')}
      </span>
      <IconButton label="Match case" active={matchCase} onClick={() => setMatchCase(!matchCase)}>
        <CaseSensitive size={15} />
      </IconButton>
      <IconButton label="Previous" keys="shift+enter" onClick={() => go(-1)}>
        <ChevronUp size={15} />
      </IconButton>
      <IconButton label="Next" keys="enter" onClick={() => go(1)}>
        <ChevronDown size={15} />
      </IconButton>
      {replacing && (
        <>
          <Input
            aria-label="Replace with"
            placeholder="Replace with"
            className="w-48! max-md:order-1 max-md:min-w-28! max-md:flex-1"
            value={instead}
            onChange={(event) => setInstead(event.target.value)}
            onKeyDown={(event) =>
              event.key === 'Enter' && replace(found.slice(current, current + 1))
            }
          />
          <Button
            className="max-md:order-1"
            onClick={() => replace(found.slice(current, current + 1))}
          >
            Replace
          </Button>
          <Button className="max-md:order-1" onClick={() => replace(found)}>
            Replace all
          </Button>
        </>
      )}
      <span className="flex-1 max-md:hidden" />
      <IconButton label="Close the search" keys="Esc" onClick={close}>
        <X size={15} />
      </IconButton>
    </div>
  );
}
