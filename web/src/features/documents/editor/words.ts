/** Words and characters of a text; embeds count for nothing. */
export function countWords(text: string): { words: number; characters: number } {
  const words = text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
  return { words, characters: [...text.replace(/\n/g, '')].length };
}
