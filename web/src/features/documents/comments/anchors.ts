import * as Y from 'yjs';

/** A span of the text as it moves with the text: two relative positions, the first one's length
 * before them, in base64. */
export function anchorOf(text: Y.Text, index: number, length: number): string {
  const [start, end] = [index, index + length].map((at, side) =>
    // The end belongs to the letter before it: what is typed behind it stays outside.
    Y.encodeRelativePosition(
      Y.createRelativePositionFromTypeIndex(text, Math.min(at, text.length), side ? -1 : 0),
    ),
  ) as [Uint8Array, Uint8Array];
  const bytes = [start.length, ...start, ...end];
  return btoa(String.fromCharCode(...bytes));
}

/** Where it is now; undefined when all of it was deleted, or when it is none of ours. */
export function spanOf(
  anchor: string,
  text: Y.Text,
): { index: number; length: number } | undefined {
  try {
    const bytes = Uint8Array.from(atob(anchor), (letter) => letter.charCodeAt(0));
    const split = 1 + bytes[0]!;
    const [start, end] = [bytes.subarray(1, split), bytes.subarray(split)].map((part) =>
      Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(part), text.doc!),
    );
    if (start?.type !== text || end?.type !== text || end.index <= start.index) return undefined;
    return { index: start.index, length: end.index - start.index };
  } catch {
    return undefined;
  }
}
