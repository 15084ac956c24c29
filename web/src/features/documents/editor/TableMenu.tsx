import { Columns3 } from 'lucide-react';
import { Button } from '@/components/Button';
import { Menu } from '@/components/Menu';
import type { EditorHandle } from '@/features/documents/editor/handle';

const ACTIONS = [
  ['Row above', 'insertRowAbove'],
  ['Row below', 'insertRowBelow'],
  ['Column to the left', 'insertColumnLeft'],
  ['Column to the right', 'insertColumnRight'],
  ['Delete the row', 'deleteRow'],
  ['Delete the column', 'deleteColumn'],
  ['Delete the table', 'deleteTable'],
] as const;

/** Rows and columns of the table at the cursor. */
export function TableMenu({ editor }: { editor: EditorHandle }) {
  const { quill, view, undo } = editor;
  const run = (action: (typeof ACTIONS)[number][1]) => {
    const { range } = view.get();
    if (!range) return;
    undo.stopCapturing();
    quill.setSelection(range, 'silent');
    (quill.getModule('table') as Record<typeof action, () => void>)[action]();
    quill.focus({ preventScroll: true });
  };
  return (
    <Menu
      align="start"
      items={ACTIONS.map(([label, action]) => ({
        label,
        danger: action.startsWith('delete'),
        separated: action === 'deleteRow',
        onSelect: () => run(action),
      }))}
    >
      <Button variant="ghost" icon={<Columns3 size={14} />}>
        Table
      </Button>
    </Menu>
  );
}
