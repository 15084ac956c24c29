import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { anchorOf, spanOf } from '@/features/documents/comments/anchors';

const textOf = (content: string): Y.Text => {
  const text = new Y.Doc().getText('quill');
  text.insert(0, content);
  return text;
};

describe('anchors of comments', () => {
  test('move with the text, also in another copy of it', () => {
    const text = textOf('Hello world');
    const anchor = anchorOf(text, 6, 5);
    text.insert(0, 'Oh, ');
    text.insert(10, 'wide ');
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(text.doc!));
    const span = spanOf(anchor, other.getText('quill'))!;
    expect(
      other
        .getText('quill')
        .toString()
        .slice(span.index, span.index + span.length),
    ).toBe('world');
  });
  test('what is typed at both ends stays outside', () => {
    const text = textOf('abc');
    const anchor = anchorOf(text, 0, 3);
    text.insert(3, 'ZZ');
    expect(spanOf(anchor, text)).toEqual({ index: 0, length: 3 });
  });
  test('are gone when all of it was deleted', () => {
    const text = textOf('Hello world');
    const anchor = anchorOf(text, 6, 5);
    text.delete(5, 6);
    expect(spanOf(anchor, text)).toBeUndefined();
  });
  test.each(['', 'AAAA', '%%%', btoa('\u00ffabc')])('%j is none', (anchor) => {
    expect(spanOf(anchor, textOf('abc'))).toBeUndefined();
  });
});
