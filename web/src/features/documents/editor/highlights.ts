import type Quill from 'quill/core';

export interface Span {
  index: number;
  length: number;
}

/** Draws spans of the text with the style ::highlight(name); the text itself stays as it is. */
export function paint(quill: Quill, name: string, spans: readonly Span[]): void {
  if (!globalThis.CSS?.highlights) return;
  const ranges = spans.flatMap(({ index, length }) => rangeOf(quill, index, length) ?? []);
  if (ranges.length > 0) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

export function unpaint(...names: string[]): void {
  for (const name of names) globalThis.CSS?.highlights?.delete(name);
}

export function rangeOf(quill: Quill, index: number, length: number): Range | undefined {
  const [start, offset] = quill.getLeaf(index + 1);
  const [end, endOffset] = quill.getLeaf(index + length);
  if (!start || !end) return undefined;
  try {
    const range = document.createRange();
    const [from, fromOffset] = start.position(Math.max(0, offset - 1));
    const [to, toOffset] = end.position(endOffset, true);
    range.setStart(from, fromOffset);
    range.setEnd(to, toOffset);
    return range;
  } catch {
    return undefined; // the text changed meanwhile
  }
}
