import type { Op } from 'quill-delta';

/** The text of a document in which each embed takes one place, as it does in the editor. */
export const plainText = (ops: readonly Op[]): string =>
  ops.map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC')).join('');

const QUOTED = 300;

/** The start of a text; an emoji at its end is there as a whole or not at all. */
export const quoteOf = (text: string): string =>
  text.slice(0, QUOTED).replace(/[\uD800-\uDBFF]$/, '');
