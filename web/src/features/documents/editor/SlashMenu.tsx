import { useEffect, useEffectEvent, useState } from 'react';
import { classes } from '@/components/classes';
import { floatAt } from '@/features/documents/editor/float';
import { matching, type InsertCommand } from '@/features/documents/editor/commands';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { plainText } from '@/features/documents/editor/plain-text';
import { useStore } from '@/lib/store';

const WIDTH = 224; // pixels
const HEIGHT = 288; // at most

interface Props {
  editor: EditorHandle;
  onPick(command: InsertCommand, index: number): void;
}

/** Where a slash begins a command: its place, and what stands behind it up to the cursor. */
function slashAt(editor: EditorHandle): { index: number; typed: string } | undefined {
  const { range, focused, formats } = editor.view.get();
  if (!focused || !range || range.length > 0 || formats['code-block']) return undefined;
  const from = Math.max(0, range.index - 24);
  const text = plainText(editor.quill.getContents(from, range.index - from).ops);
  const found = /(?:^|[\s\uFFFC])\/([\p{L}\d ]{0,20})$/u.exec(text);
  if (!found) return undefined;
  const typed = found[1]!;
  return { index: range.index - typed.length - 1, typed };
}

/** The menu that a slash opens. */
export function SlashMenu({ editor, onPick }: Props) {
  useStore(editor.view);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState(-1);
  const slash = editor.quill.isEnabled() ? slashAt(editor) : undefined;
  const commands = slash && slash.index !== closed ? matching(slash.typed) : [];
  const at = Math.min(chosen, commands.length - 1);

  const pick = (command: InsertCommand) => {
    if (!slash) return;
    setChosen(0);
    editor.undo.stopCapturing();
    editor.quill.deleteText(slash.index, slash.typed.length + 1, 'user');
    editor.quill.setSelection(slash.index, 0, 'silent');
    onPick(command, slash.index);
  };
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (commands.length === 0 || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setChosen((at + step + commands.length) % commands.length);
    else if (event.key === 'Enter' || event.key === 'Tab') pick(commands[at]!);
    else if (event.key === 'Escape') setClosed(slash!.index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const { root } = editor.quill;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    // Before the editor's own listeners.
    root.parentElement?.addEventListener('keydown', listener, true);
    return () => root.parentElement?.removeEventListener('keydown', listener, true);
  }, [root]);

  if (!slash || commands.length === 0) return null;
  const place = floatAt(editor.quill, slash.index, WIDTH);
  if (!place) return null;
  const maxHeight = Math.min(HEIGHT, Number(place.maxHeight));
  return (
    <div
      role="listbox"
      aria-label="Insert"
      style={{ ...place, maxHeight, width: WIDTH }}
      className="pop-in absolute z-30 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-pop"
    >
      {commands.map((command, index) => (
        <div
          key={command.name}
          ref={(node) => {
            if (index === at) node?.scrollIntoView({ block: 'nearest' });
          }}
          role="option"
          aria-selected={index === at}
          onPointerDown={(event) => event.preventDefault()}
          onPointerMove={() => setChosen(index)}
          onClick={() => pick(command)}
          className={classes(
            'flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 pointer-coarse:h-11',
            index === at && 'bg-selected',
          )}
        >
          <command.icon size={14} className="text-muted" aria-hidden />
          {command.name}
        </div>
      ))}
    </div>
  );
}
