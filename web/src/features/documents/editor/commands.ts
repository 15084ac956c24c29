import {
  Code,
  Columns3,
  Database,
  Heading1,
  Heading2,
  Heading3,
  ImagePlus,
  List,
  ListOrdered,
  ListTodo,
  Minus,
  Paperclip,
  Pilcrow,
  Quote,
  type LucideIcon,
} from 'lucide-react';
import type Quill from 'quill/core';

export interface InsertContext {
  quill: Quill;
  index: number;
  pickFiles(images: boolean): void;
  askQuery(): void;
}
export interface InsertCommand {
  name: string;
  words: string;
  icon: LucideIcon;
  run(context: InsertContext): void;
}

const line =
  (name: string, value: unknown) =>
  ({ quill, index }: InsertContext) => {
    const plain = { header: null, list: null, blockquote: null, 'code-block': null };
    quill.formatLine(index, 1, { ...plain, [name]: value }, 'user');
  };

/** An embed with a line behind it, where the cursor goes. */
export function insertBlock(quill: Quill, index: number, embed: string, value: unknown): void {
  quill.history.cutoff();
  quill.insertEmbed(index, embed, value, 'user');
  if (index + 1 >= quill.getLength()) quill.insertText(index + 1, '\n', 'user');
  quill.setSelection(index + 1, 0, 'user');
}

export function insertTable(quill: Quill, index: number): void {
  quill.setSelection(index, 0, 'silent');
  (quill.getModule('table') as { insertTable(rows: number, columns: number): void }).insertTable(
    3,
    3,
  );
}

/** What can be put into the text, in the order of the menu. */
export const INSERTS: InsertCommand[] = [
  { name: 'Text', words: 'paragraph plain', icon: Pilcrow, run: line('header', null) },
  { name: 'Heading 1', words: 'title h1', icon: Heading1, run: line('header', 1) },
  { name: 'Heading 2', words: 'h2', icon: Heading2, run: line('header', 2) },
  { name: 'Heading 3', words: 'h3', icon: Heading3, run: line('header', 3) },
  { name: 'List', words: 'bullets unordered', icon: List, run: line('list', 'bullet') },
  { name: 'Numbered list', words: 'ordered', icon: ListOrdered, run: line('list', 'ordered') },
  { name: 'Task list', words: 'todo check box', icon: ListTodo, run: line('list', 'unchecked') },
  {
    name: 'Table',
    words: 'grid rows columns',
    icon: Columns3,
    run: ({ quill, index }) => insertTable(quill, index),
  },
  { name: 'Code', words: 'block program', icon: Code, run: line('code-block', 'plain') },
  { name: 'Quote', words: 'citation', icon: Quote, run: line('blockquote', true) },
  {
    name: 'Divider',
    words: 'line rule hr',
    icon: Minus,
    run: ({ quill, index }) => insertBlock(quill, index, 'divider', true),
  },
  {
    name: 'Image',
    words: 'picture photo',
    icon: ImagePlus,
    run: ({ pickFiles }) => pickFiles(true),
  },
  { name: 'File', words: 'attachment', icon: Paperclip, run: ({ pickFiles }) => pickFiles(false) },
  {
    name: 'Live query',
    words: 'sql data chart table embed',
    icon: Database,
    run: ({ askQuery }) => askQuery(),
  },
];

export const matching = (typed: string): InsertCommand[] => {
  const wanted = typed.toLowerCase();
  return INSERTS.filter(({ name, words }) => `${name} ${words}`.toLowerCase().includes(wanted));
};
