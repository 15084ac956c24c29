import type { Person } from '@/api/documents';

/** The name that is being typed behind an @ before the cursor. */
export function typedMention(
  text: string,
  cursor: number,
): { from: number; name: string } | undefined {
  const found = /(?:^|\s)@([\p{L}\p{N}._-]{0,40}(?: [\p{L}\p{N}._-]{1,40})?)$/u.exec(
    text.slice(0, cursor),
  );
  return found ? { from: cursor - found[1]!.length - 1, name: found[1]! } : undefined;
}

/** Those of the people picked whose names still stand in the text. */
export const mentioned = (text: string, picked: readonly Person[]): Person[] => [
  ...new Map(
    picked.filter(({ name }) => text.includes(`@${name}`)).map((one) => [one.id, one]),
  ).values(),
];

/** A text in parts; those that name somebody are marked. */
export function parts(
  text: string,
  people: readonly Person[],
): { text: string; mention: boolean }[] {
  const names = people.map(({ name }) => `@${name}`).filter((name) => name.length > 1);
  if (names.length === 0) return [{ text, mention: false }];
  const escaped = names
    .toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text
    .split(new RegExp(`(${escaped.join('|')})`))
    .filter((part) => part !== '')
    .map((part) => ({ text: part, mention: names.includes(part) }));
}
