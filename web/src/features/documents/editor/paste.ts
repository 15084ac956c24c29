import Delta, { type Op } from 'quill-delta';
import type { Arriving } from '@/features/documents/editor/attach';
import { isAttachment, isInlineImage } from '@/features/documents/editor/image-urls';
import { safeLink } from '@/features/documents/editor/links';

const KEPT = new Set([
  ...['bold', 'italic', 'underline', 'strike', 'code', 'script', 'link', 'background', 'header'],
  ...['list', 'indent', 'blockquote', 'code-block', 'align', 'table', 'alt', 'width', 'height'],
]);
const EMBEDS = new Set([
  ...['divider', 'embed', 'file', 'foreign', 'formula', 'image', 'mention', 'video'],
]);
const MARKS = new Set(['yellow', 'green', 'blue', 'red', 'purple']);

function attributesOf(given: Op['attributes'], row: (value: string) => string) {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!KEPT.has(name) || value === null || value === false) continue;
    if (name === 'link') {
      const link = safeLink(String(value));
      if (link) kept.link = link;
    } else if (name === 'background') {
      if (MARKS.has(String(value))) kept.background = value;
    } else kept[name] = name === 'table' ? row(String(value)) : value;
  }
  return Object.keys(kept).length ? kept : undefined;
}

/** An image of another site would not be shown: a link to it stands in its place. */
function embedOf(insert: Record<string, unknown>, attributes: Op['attributes']): Op | undefined {
  const [name] = Object.keys(insert);
  if (!name || !EMBEDS.has(name)) return undefined;
  if (name !== 'image') return { insert, ...(attributes && { attributes }) };
  const url = String(insert.image);
  if (isAttachment(url) || isInlineImage(url))
    return { insert: { image: url }, ...(attributes && { attributes }) };
  const link = safeLink(url);
  if (!link || !/^https?:/.test(link)) return undefined;
  return { insert: String(attributes?.alt || link), attributes: { link } };
}

/** What of a paste goes into the text: our own formats, safe links, no colours and fonts. Rows of
 * tables get names of their own, or two tables would grow together. */
export function tidy(delta: Delta, newRow: () => string): Delta {
  const rows = new Map<string, string>();
  const row = (value: string) => {
    if (!rows.has(value)) rows.set(value, newRow());
    return rows.get(value)!;
  };
  const tidied = new Delta();
  for (const op of delta.ops) {
    const attributes = attributesOf(op.attributes, row);
    if (typeof op.insert === 'string') tidied.insert(op.insert, attributes);
    else if (op.insert) {
      const embed = embedOf(op.insert as Record<string, unknown>, attributes);
      if (embed) tidied.insert(embed.insert!, embed.attributes);
    }
  }
  return tidied;
}

/** The images within a paste as files, and where each stood: they go beside the document, as those do
 * that are pasted alone. */
export function withoutImages(delta: Delta): { delta: Delta; images: Arriving[] } {
  const rest = new Delta();
  const images: Arriving[] = [];
  for (const op of delta.ops) {
    const url = typeof op.insert === 'object' ? op.insert?.image : undefined;
    if (typeof url !== 'string' || !isInlineImage(url)) rest.push(op);
    else {
      const file = fileOf(url, op.attributes?.alt);
      if (file) images.push({ file, index: rest.length(), attributes: op.attributes });
    }
  }
  return { delta: rest, images };
}

function fileOf(url: string, alt: unknown): File | undefined {
  const [head = '', base64 = ''] = url.split(',');
  const type = head.slice('data:'.length, head.indexOf(';'));
  let bytes;
  try {
    bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined; // not base64 after all
  }
  const name = `${String(alt || 'image').slice(0, 100)}.${type.slice('image/'.length)}`;
  return new File([bytes], name, { type });
}

const SIGNS = [
  /^#{1,6} \S/m,
  /^\s*[-*+] (\[[ x]\] )?\S/m,
  /^\s*\d+\. \S/m,
  /^> \S/m,
  /^```/m,
  /^\|.*\|\s*\n\|[\s:|-]+\|/m,
  /\*\*[^*\n]+\*\*/,
  /\[[^\]\n]+\]\([^)\s]+\)/,
];

/** Whether plain text was most likely written as Markdown. */
export function looksLikeMarkdown(text: string): boolean {
  const strong = /^(#{1,6} \S|```|\|.*\|\s*$)/m.test(text);
  const found = SIGNS.filter((sign) => sign.test(text)).length;
  return found >= 2 || (found === 1 && strong && text.includes('\n'));
}
