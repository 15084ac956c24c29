import Delta, { OpIterator, type Op } from 'quill-delta';
import { decode, encode, type Suggestion } from '@/features/documents/suggestions/suggestion';

/** The names of the attributes for text, and for the ends of lines. */
const INSERTED = ['suggest-insert', 'suggest-line'] as const;
const DELETED = ['suggest-delete', 'suggest-cut'] as const;

/** Text and line ends apart, since they bear different attributes. */
function parts(insert: Op['insert']): Op['insert'][] {
  if (typeof insert !== 'string') return [insert];
  return insert.split(/(\n)/).filter((part) => part !== '');
}
const isLine = (part: Op['insert']): boolean =>
  part === '\n' || (typeof part === 'object' && ('divider' in part || 'embed' in part));
const lengthOf = (part: Op['insert']): number => (typeof part === 'string' ? part.length : 1);

const defined = (attributes: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/**
 * A change by hand as a suggestion: what it inserts is marked, what it deletes stays and is marked,
 * unless it was suggested by the same author before. Formats are changed as they are. `deleted` is
 * where the last deletion ends afterwards.
 */
export function suggested(
  delta: Delta,
  before: Delta,
  suggestion: Suggestion,
): { change: Delta; deleted: number | undefined } {
  const mark = encode(suggestion);
  const own = (value: unknown) => decode(value)?.user === suggestion.user;
  const old = new OpIterator(before.ops);
  const change = new Delta();
  let at = 0; // in the text afterwards
  let deleted: number | undefined;
  const take = (count: number, each: (op: Op, length: number) => void) => {
    for (let left = count; left > 0 && old.hasNext();) {
      const op = old.next(left);
      const length = lengthOf(op.insert);
      each(op, length);
      left -= length;
    }
  };
  for (const op of delta.ops) {
    if (op.insert !== undefined) {
      for (const part of parts(op.insert)) {
        const marks = isLine(part)
          ? { 'suggest-line': mark, 'suggest-insert': undefined }
          : { 'suggest-insert': mark };
        const attributes = {
          ...op.attributes,
          ...{ 'suggest-delete': undefined, 'suggest-cut': undefined, ...marks },
        };
        change.insert(part!, defined(attributes));
        at += lengthOf(part);
      }
    } else if (typeof op.retain === 'number') {
      change.retain(op.retain, op.attributes);
      take(op.retain, (_op, length) => (at += length));
    } else if (op.delete !== undefined) {
      take(op.delete, (gone) => {
        for (const part of parts(gone.insert)) {
          const length = lengthOf(part);
          const line = isLine(part) ? 1 : 0;
          if (own(gone.attributes?.[INSERTED[line]])) change.delete(length);
          else {
            const known = gone.attributes?.[DELETED[line]] !== undefined;
            change.retain(length, known ? undefined : { [DELETED[line]]: mark });
            at += length;
          }
        }
        deleted = at;
      });
    }
  }
  return { change: change.chop(), deleted };
}

export type Found = Suggestion & { kind: 'insert' | 'delete'; text: string; index: number };

/** All suggestions in a text, each once, in their order. */
export function suggestionsIn(ops: readonly Op[]): Found[] {
  const found = new Map<string, Found>();
  let index = 0;
  for (const op of ops) {
    const text = typeof op.insert === 'string' ? op.insert : '▢';
    for (const [kind, names] of [
      ['insert', INSERTED],
      ['delete', DELETED],
    ] as const) {
      for (const name of names) {
        const suggestion = decode(op.attributes?.[name]);
        if (!suggestion) continue;
        const key = `${kind} ${suggestion.id} ${suggestion.user}`;
        const known = found.get(key);
        if (known) known.text += text;
        else found.set(key, { ...suggestion, kind, text, index });
      }
    }
    index += lengthOf(op.insert);
  }
  return [...found.values()];
}

/** The change that accepts or rejects suggestions. */
export function decided(
  ops: readonly Op[],
  accept: boolean,
  chosen: (suggestion: Suggestion, kind: 'insert' | 'delete') => boolean,
): Delta {
  const change = new Delta();
  for (const op of ops) {
    const length = lengthOf(op.insert);
    const clear: Record<string, null> = {};
    let goes = false;
    for (const [kind, names] of [
      ['insert', INSERTED],
      ['delete', DELETED],
    ] as const) {
      for (const name of names) {
        const suggestion = decode(op.attributes?.[name]);
        if (!suggestion || !chosen(suggestion, kind)) continue;
        clear[name] = null;
        if (accept === (kind === 'delete')) goes = true;
      }
    }
    if (goes) change.delete(length);
    else change.retain(length, Object.keys(clear).length ? clear : undefined);
  }
  return change.chop();
}
