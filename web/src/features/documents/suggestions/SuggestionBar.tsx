import { Check, ChevronDown, ChevronUp, X } from 'lucide-react';
import Delta from 'quill-delta';
import { useMemo, useState } from 'react';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { decided, suggestionsIn, type Found } from '@/features/documents/suggestions/suggested';
import { formatMany } from '@/lib/format';
import { useStore } from '@/lib/store';

/** What others suggest: to go through, to accept and to reject. */
export function SuggestionBar({ editor }: { editor: EditorHandle }) {
  const version = useStore(editor.view, (view) => view.version);
  const [at, setAt] = useState(0);
  const { quill, undo, suggesting } = editor;
  const found = useMemo(
    () => (version < 0 ? [] : suggestionsIn(quill.getContents().ops)),
    [quill, version],
  );
  if (found.length === 0) return null;
  const current = Math.min(at, found.length - 1);
  const one = found[current]!;
  const go = (step: number) => {
    const next = (current + step + found.length) % found.length;
    setAt(next);
    quill.setSelection(found[next]!.index, found[next]!.text.length, 'user');
    quill.scrollSelectionIntoView();
  };
  const decide = (accept: boolean, which: Found | undefined) => {
    const author = suggesting.get();
    suggesting.set(undefined); // this itself is no suggestion
    undo.stopCapturing();
    const change = decided(
      quill.getContents().ops,
      accept,
      ({ id, user }, kind) =>
        !which || (which.id === id && which.user === user && which.kind === kind),
    );
    quill.updateContents(new Delta(change.ops), 'user');
    undo.stopCapturing();
    suggesting.set(author);
  };
  return (
    <div
      role="region"
      aria-label="Suggestions"
      className="no-print flex flex-wrap items-center gap-2 border-b border-line bg-success-soft px-4 py-1"
    >
      <span className="font-medium">{formatMany(found.length, 'suggestion')}</span>
      <IconButton small label="Previous suggestion" onClick={() => go(-1)}>
        <ChevronUp size={14} />
      </IconButton>
      <IconButton small label="Next suggestion" onClick={() => go(1)}>
        <ChevronDown size={14} />
      </IconButton>
      <span className="min-w-0 flex-1 truncate text-muted max-md:order-first max-md:basis-full">
        {one.name || 'Somebody'} {one.kind === 'insert' ? 'adds' : 'deletes'} “
        {one.text.trim() || '¶'}”
      </span>
      <Button icon={<Check size={14} />} onClick={() => decide(true, one)}>
        Accept
      </Button>
      <Button icon={<X size={14} />} onClick={() => decide(false, one)}>
        Reject
      </Button>
      <Button variant="ghost" onClick={() => decide(true, undefined)}>
        Accept all
      </Button>
      <Button variant="ghost" onClick={() => decide(false, undefined)}>
        Reject all
      </Button>
    </div>
  );
}
