import { Check, ExternalLink, Unlink } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Input } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { floatAt } from '@/features/documents/editor/float';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { safeLink } from '@/features/documents/editor/links';
import { useStore } from '@/lib/store';

/** The whole link that the cursor is in. */
function linkAround({ quill, view }: EditorHandle): { index: number; length: number } | undefined {
  const { range } = view.get();
  if (!range) return undefined;
  if (range.length > 0) return range;
  const [leaf] = quill.getLeaf(range.index);
  for (let blot = leaf?.parent; blot; blot = blot.parent) {
    if (blot.statics.blotName === 'link')
      return { index: quill.getIndex(blot), length: blot.length() };
  }
  return undefined;
}

const WIDTH = 350; // pixels, at most

interface Props {
  editor: EditorHandle;
  /** Asked for, though there is no link yet. */
  adding: boolean;
  onClose(): void;
}

/** The address of the link at the cursor: to be read, changed and removed. */
export function LinkBox({ editor, adding, onClose }: Props) {
  const { range, formats } = useStore(editor.view);
  const [typed, setTyped] = useState<string>();
  const [problem, setProblem] = useState('');
  const known = typeof formats.link === 'string' ? formats.link : undefined;
  if (!range || (!adding && known === undefined)) return null;
  const place = floatAt(editor.quill, range.index, WIDTH);
  if (!place) return null;
  const close = () => {
    setTyped(undefined);
    setProblem('');
    onClose();
    editor.quill.focus();
  };
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const link = safeLink(typed ?? known ?? '');
    if (!link) {
      setProblem('Enter a web or mail address.');
      return;
    }
    const place = linkAround(editor);
    editor.undo.stopCapturing();
    if (place && place.length > 0)
      editor.quill.formatText(place.index, place.length, 'link', link, 'user');
    else editor.quill.insertText(range.index, link, { link }, 'user');
    close();
  };
  const remove = () => {
    const place = linkAround(editor);
    if (place) editor.quill.formatText(place.index, place.length, 'link', false, 'user');
    close();
  };
  const editable = editor.quill.isEnabled();
  return (
    <form
      onSubmit={apply}
      aria-label="Link"
      style={{ ...place, maxHeight: undefined }}
      className="pop-in no-print absolute z-20 flex max-w-full items-center gap-1 rounded-lg border border-line bg-raised p-1 shadow-pop"
    >
      {editable ? (
        <Input
          aria-label="Address"
          aria-invalid={problem !== ''}
          title={problem}
          autoFocus={adding}
          placeholder="https://…"
          className="w-56! shrink"
          value={typed ?? known ?? ''}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && close()}
        />
      ) : (
        <span className="max-w-72 truncate px-2">{known}</span>
      )}
      {editable && (
        <IconButton label="Apply" type="submit">
          <Check size={14} />
        </IconButton>
      )}
      {known && (
        <IconButton
          label="Open the link"
          onClick={() => {
            const link = safeLink(known);
            if (link) window.open(link, '_blank', 'noopener,noreferrer');
          }}
        >
          <ExternalLink size={14} />
        </IconButton>
      )}
      {known && editable && (
        <IconButton label="Remove the link" onClick={remove}>
          <Unlink size={14} />
        </IconButton>
      )}
      {problem && (
        <span role="alert" className="px-1 text-sm text-danger">
          {problem}
        </span>
      )}
    </form>
  );
}
