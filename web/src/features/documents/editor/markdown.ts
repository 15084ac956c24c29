import Delta, { type AttributeMap } from 'quill-delta';
import { languageOf } from '@/features/documents/editor/languages';
import { safeLink } from '@/features/documents/editor/links';

const INLINE =
  /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*(?!\s)(.+?)\*|(?<!\w)_(?!\s)(.+?)_(?!\w)|!?\[([^\]]*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)|\\([\\`*_{}[\]()#+\-.!~>|])/;

function inline(delta: Delta, text: string, format: AttributeMap): void {
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [whole, , code, strong, strong2, strike, italic, italic2, label, url, escaped] = found;
    if (found.index > 0) delta.insert(rest.slice(0, found.index), format);
    rest = rest.slice(found.index + whole.length);
    if (code !== undefined) delta.insert(code.trim(), { ...format, code: true });
    else if (strong ?? strong2) inline(delta, (strong ?? strong2)!, { ...format, bold: true });
    else if (strike) inline(delta, strike, { ...format, strike: true });
    else if (italic ?? italic2) inline(delta, (italic ?? italic2)!, { ...format, italic: true });
    else if (escaped !== undefined) delta.insert(escaped, format);
    else {
      const link = safeLink(url ?? '');
      inline(delta, label || url || '', link ? { ...format, link } : format);
    }
  }
  if (rest) delta.insert(rest, format);
}

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

const isTable = (lines: string[], at: number): boolean =>
  /^\s*\|.*\|\s*$/.test(lines[at] ?? '') &&
  /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/.test(lines[at + 1] ?? '');

function table(delta: Delta, lines: string[], from: number, newRow: () => string): number {
  let at = from;
  const columns = cellsOf(lines[from]!).length;
  for (; at < lines.length && /^\s*\|.*\|\s*$/.test(lines[at]!); at += 1) {
    if (at === from + 1) continue; // the line of dashes
    const row = newRow();
    const cells = cellsOf(lines[at]!);
    for (let column = 0; column < columns; column += 1) {
      inline(delta, cells[column] ?? '', at === from ? { bold: true } : {});
      delta.insert('\n', { table: row });
    }
  }
  return at;
}

function fence(delta: Delta, lines: string[], from: number): number {
  const [, mark = '```', name = ''] = /^\s*(`{3,}|~{3,})\s*([\w+#-]*)/.exec(lines[from]!) ?? [];
  const language = languageOf(name || 'plain');
  let at = from + 1;
  for (; at < lines.length && !lines[at]!.trim().startsWith(mark); at += 1)
    delta.insert(lines[at]!).insert('\n', { 'code-block': language });
  return at + 1;
}

function block(delta: Delta, line: string): void {
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  const item = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/.exec(line);
  const quote = /^>\s?(.*)$/.exec(line);
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) delta.insert({ divider: true });
  else if (heading) {
    inline(delta, heading[2]!, {});
    delta.insert('\n', { header: Math.min(heading[1]!.length, 4) });
  } else if (item) {
    const [, space, number, box, words] = item;
    const indent = Math.min(Math.floor(space!.replaceAll('\t', '  ').length / 2), 8);
    const list = box ? (box === ' ' ? 'unchecked' : 'checked') : number ? 'ordered' : 'bullet';
    inline(delta, words!, {});
    delta.insert('\n', { list, ...(indent && { indent }) });
  } else if (quote) {
    inline(delta, quote[1]!, {});
    delta.insert('\n', { blockquote: true });
  } else {
    inline(delta, line.trim(), {});
    delta.insert('\n');
  }
}

/** Markdown as a document's text. */
export function markdownToDelta(text: string, newRow: () => string): Delta {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n');
  const delta = new Delta();
  for (let at = 0; at < lines.length;) {
    if (/^\s*(`{3,}|~{3,})/.test(lines[at]!)) at = fence(delta, lines, at);
    else if (isTable(lines, at)) at = table(delta, lines, at, newRow);
    else {
      // An empty line only parts two paragraphs.
      if (lines[at]!.trim()) block(delta, lines[at]!);
      at += 1;
    }
  }
  return delta;
}
