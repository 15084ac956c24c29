export interface Found {
  index: number;
  length: number;
}

/** Where a text stands in another; whole embeds count as one place, as in the editor. */
export function findAll(text: string, wanted: string, matchCase: boolean): Found[] {
  if (!wanted) return [];
  const pattern = wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found: Found[] = [];
  for (const match of text.matchAll(new RegExp(pattern, matchCase ? 'gu' : 'giu')))
    found.push({ index: match.index, length: match[0].length });
  return found;
}

/** The one to go to from a place in the text: the first that begins there or behind it. */
export function nextFrom(all: readonly Found[], index: number): number {
  const at = all.findIndex((found) => found.index >= index);
  return at < 0 ? 0 : at;
}
