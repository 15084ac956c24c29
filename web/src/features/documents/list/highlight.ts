export interface Bit {
  text: string;
  hit: boolean;
}

/** A text in bits, of which those that a search looked for are hits. */
export function highlighted(text: string, search: string): Bit[] {
  const words = search
    .split(/\s+/)
    .filter(Boolean)
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.length === 0) return [{ text, hit: false }];
  return text
    .split(new RegExp(`(${words.join('|')})`, 'giu'))
    .flatMap((bit, index) => (bit ? [{ text: bit, hit: index % 2 === 1 }] : []));
}
