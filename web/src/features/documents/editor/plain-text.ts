import type { Op } from 'quill-delta';

/** The text of a document in which each embed takes one place, as it does in the editor. */
export const plainText = (ops: readonly Op[]): string =>
  ops.map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC')).join('');
