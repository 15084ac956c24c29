import {
  Bold,
  Code,
  Code2,
  Highlighter,
  Italic,
  Link2,
  List,
  ListOrdered,
  ListTodo,
  Plus,
  Quote,
  Redo2,
  RemoveFormatting,
  Strikethrough,
  Underline,
  Undo2,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { INSERTS, type InsertCommand } from '@/features/documents/editor/commands';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { HIGHLIGHTS } from '@/features/documents/editor/quill';
import { TableMenu } from '@/features/documents/editor/TableMenu';
import { useStore } from '@/lib/store';

interface Props {
  editor: EditorHandle;
  onLink(): void;
  onInsert(command: InsertCommand, index: number): void;
  /** Further buttons at its end. */
  children?: ReactNode;
}

const INLINE: [name: string, label: string, keys: string, icon: LucideIcon][] = [
  ['bold', 'Bold', 'mod+B', Bold],
  ['italic', 'Italic', 'mod+I', Italic],
  ['underline', 'Underline', 'mod+U', Underline],
  ['strike', 'Strike through', 'mod+shift+X', Strikethrough],
  ['code', 'Code', 'mod+E', Code],
];
const LINES: [name: string, value: string | true, label: string, icon: LucideIcon][] = [
  ['list', 'bullet', 'List', List],
  ['list', 'ordered', 'Numbered list', ListOrdered],
  ['list', 'unchecked', 'Task list', ListTodo],
  ['blockquote', true, 'Quote', Quote],
  ['code-block', 'plain', 'Code block', Code2],
];

const Gap = () => <span aria-hidden className="mx-1 h-5 w-px shrink-0 bg-line" />;

/** What can be done with the text at the cursor. */
export function Toolbar({ editor, onLink, onInsert, children }: Props) {
  const { formats, range } = useStore(editor.view);
  const { quill } = editor;
  const format = (name: string, value: unknown) => {
    if (range) quill.setSelection(range, 'silent');
    else quill.setSelection(Math.max(0, quill.getLength() - 1), 0, 'silent');
    quill.format(name, value, 'user');
    quill.focus({ preventScroll: true });
  };
  const active = (name: string, value: string | true) =>
    value === 'unchecked'
      ? formats.list === 'unchecked' || formats.list === 'checked'
      : name === 'code-block'
        ? formats['code-block'] !== undefined
        : formats[name] === value;
  return (
    <div
      role="toolbar"
      aria-label="Format"
      // The text keeps the focus, and with it the selection.
      onMouseDown={(event) => {
        if (!(event.target as Element).closest('select, input')) event.preventDefault();
      }}
      className="no-print flex shrink-0 items-center gap-0.5 overflow-x-auto border-b border-line px-3 py-1 [scrollbar-width:none]"
    >
      <IconButton label="Undo" keys="mod+Z" onClick={() => editor.undo.undo()}>
        <Undo2 size={15} />
      </IconButton>
      <IconButton label="Redo" keys="mod+shift+Z" onClick={() => editor.undo.redo()}>
        <Redo2 size={15} />
      </IconButton>
      <Gap />
      <Select
        aria-label="Kind of paragraph"
        className="w-32! shrink-0"
        value={String(formats.header ?? '')}
        onChange={(event) => format('header', Number(event.target.value) || false)}
      >
        <option value="">Text</option>
        <option value="1">Heading 1</option>
        <option value="2">Heading 2</option>
        <option value="3">Heading 3</option>
        <option value="4">Heading 4</option>
      </Select>
      <Gap />
      {INLINE.map(([name, label, keys, Icon]) => (
        <IconButton
          key={name}
          label={label}
          keys={keys}
          active={formats[name] === true}
          onClick={() => format(name, !formats[name])}
        >
          <Icon size={15} />
        </IconButton>
      ))}
      <Menu
        align="start"
        items={[
          ...HIGHLIGHTS.map((color) => ({
            label: color[0]!.toUpperCase() + color.slice(1),
            icon: <span className={`size-3 rounded-full ob-mark-${color}`} />,
            onSelect: () => format('background', color),
          })),
          { label: 'None', separated: true, onSelect: () => format('background', false) },
        ]}
      >
        <IconButton label="Highlight" active={formats.background !== undefined}>
          <Highlighter size={15} />
        </IconButton>
      </Menu>
      <IconButton label="Link" keys="mod+shift+K" active={!!formats.link} onClick={onLink}>
        <Link2 size={15} />
      </IconButton>
      <Gap />
      {LINES.map(([name, value, label, Icon]) => (
        <IconButton
          key={label}
          label={label}
          active={active(name, value)}
          onClick={() => format(name, active(name, value) ? false : value)}
        >
          <Icon size={15} />
        </IconButton>
      ))}
      <IconButton
        label="Clear the format"
        onClick={() => range && quill.removeFormat(range.index, range.length, 'user')}
      >
        <RemoveFormatting size={15} />
      </IconButton>
      <Gap />
      <Menu
        align="start"
        items={INSERTS.slice(4).map((command) => ({
          label: command.name,
          icon: <command.icon size={14} />,
          onSelect: () => onInsert(command, range?.index ?? quill.getLength() - 1),
        }))}
      >
        <IconButton label="Insert" keys="/">
          <Plus size={15} />
        </IconButton>
      </Menu>
      {formats.table !== undefined && <TableMenu editor={editor} />}
      {children}
    </div>
  );
}
