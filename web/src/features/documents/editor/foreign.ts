import type Delta from 'quill-delta';
import type { AttributeMap, Op } from 'quill-delta';

/** The embeds of which the editor has a form. */
const EMBEDS = new Set([
  'divider',
  'embed',
  'file',
  'foreign',
  'formula',
  'image',
  'mention',
  'video',
]);
const FORMATS = new Set([
  'align',
  'alt',
  'background',
  'blockquote',
  'bold',
  'code',
  'code-block',
  'diff',
  'header',
  'height',
  'indent',
  'italic',
  'link',
  'list',
  'script',
  'strike',
  'suggest-cut',
  'suggest-delete',
  'suggest-insert',
  'suggest-line',
  'table',
  'underline',
  'width',
]);

function embedOf(insert: unknown): Record<string, unknown> {
  const first = insert && typeof insert === 'object' ? Object.keys(insert)[0] : undefined;
  if (first !== undefined && EMBEDS.has(first)) return insert as Record<string, unknown>;
  return { foreign: insert };
}

function known({ attributes, ...op }: Op): Op {
  const kept = Object.entries(attributes ?? {}).filter(([name]) => FORMATS.has(name));
  return kept.length > 0 ? { ...op, attributes: Object.fromEntries(kept) as AttributeMap } : op;
}

/**
 * Other clients may put anything into a document, and the editor would stop at what it does not
 * know: such embeds take their place as "foreign", such formats are not shown. The document keeps
 * both.
 */
export const shown = (delta: Delta | Op[]): Op[] =>
  (Array.isArray(delta) ? delta : delta.ops).map((op) =>
    op.insert === undefined || typeof op.insert === 'string'
      ? known(op)
      : known({ ...op, insert: embedOf(op.insert) }),
  );

/** What stands for an embed that has no form of its own. */
export function foreignText(name: string, value: unknown): string {
  if (name === 'formula' || name === 'video') return String(value);
  if (name !== 'mention') return 'Something that this editor cannot show';
  const { name: called, value: label } = (value ?? {}) as Record<string, unknown>;
  return `@${String(called ?? label ?? (typeof value === 'string' ? value : 'someone'))}`;
}
