import type { Op } from 'quill-delta';

export interface Heading {
  index: number;
  level: number;
  text: string;
}

/** The headings of a text, with where their lines begin. */
export function outlineOf(ops: readonly Op[]): Heading[] {
  const headings: Heading[] = [];
  let index = 0;
  let start = 0;
  let text = '';
  for (const { insert, attributes } of ops) {
    const parts = typeof insert === 'string' ? insert.split(/(\n)/).filter(Boolean) : [' '];
    for (const part of parts) {
      index += part.length;
      if (part !== '\n') {
        text += part;
        continue;
      }
      const level = Number(attributes?.header);
      if (level && text.trim()) headings.push({ index: start, level, text: text.trim() });
      start = index;
      text = '';
    }
  }
  return headings;
}
