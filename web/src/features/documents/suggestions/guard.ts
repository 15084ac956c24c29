import type Quill from 'quill/core';
import type Delta from 'quill-delta';
import type { QuillBinding } from 'y-quill';
import { suggested } from '@/features/documents/suggestions/suggested';
import { uuid } from '@/lib/ids';
import type { Store } from '@/lib/store';

type Author = { user: string; name: string };
type Observer = (type: string, delta: Delta, before: Delta, origin: unknown) => void;

const SAME = 30_000; // milliseconds between changes of one suggestion

/**
 * Stands between the editor and the shared text. While somebody suggests, a change by hand, however
 * it was made, reaches the shared text as a suggestion: what was deleted stays, marked. The editor
 * is brought to the same.
 */
export function guardText(
  quill: Quill,
  binding: QuillBinding,
  suggesting: Store<Author | undefined>,
): void {
  const pass = (binding as unknown as { _quillObserver: Observer })._quillObserver;
  let mending = false;
  let forward = false; // the Delete key: the cursor goes on behind what it marked
  let current = { id: '', at: 0 };
  quill.root.addEventListener('keydown', ({ key }) => (forward = key === 'Delete'), true);
  const guard: Observer = (type, delta, before, origin) => {
    if (mending) return;
    const author = suggesting.get();
    if (type !== 'text-change' || origin !== 'user' || !author) {
      pass(type, delta, before, origin);
      return;
    }
    const now = Date.now();
    current = { id: now - current.at > SAME ? uuid().slice(0, 8) : current.id, at: now };
    const { change, deleted } = suggested(delta, before, { ...author, id: current.id });
    const mended = delta.invert(before).compose(change);
    const moves = forward && deleted !== undefined;
    mending = true;
    if (mended.ops.length > 0) quill.updateContents(mended, 'silent');
    mending = false;
    if (change.ops.length > 0) pass(type, change, before, origin);
    if (moves) quill.setSelection(deleted, 0, 'silent');
  };
  quill.off('editor-change', pass);
  quill.on('editor-change', guard);
  const destroy = binding.destroy.bind(binding);
  binding.destroy = () => {
    quill.off('editor-change', guard);
    destroy();
  };
}
