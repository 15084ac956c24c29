import type Quill from 'quill/core';
import type { Range } from 'quill/core';

type Context = { prefix: string; offset: number; format: Record<string, unknown> };
type Handler = (this: { quill: Quill }, range: Range, context: Context) => unknown;

/** What was typed at the start of a line becomes the line's format. */
function typed(prefix: RegExp, name: string, value: (prefix: string) => unknown) {
  const handler: Handler = function ({ index }, context) {
    const { quill } = this;
    if (context.format.table || context.format['code-block'] || context.format.list) return true;
    const length = context.prefix.length;
    if (context.offset !== length) return true;
    quill.history.cutoff();
    quill.deleteText(index - length, length, 'user');
    quill.formatLine(index - length, 1, name, value(context.prefix), 'user');
    quill.setSelection(index - length, 0, 'silent');
    return false;
  };
  return { key: ' ', collapsed: true, shiftKey: null, prefix, handler };
}

const check: Handler = function (range, { format }) {
  if (format.list !== 'checked' && format.list !== 'unchecked') return true;
  const next = format.list === 'checked' ? 'unchecked' : 'checked';
  this.quill.formatLine(range.index, range.length, 'list', next, 'user');
  return false;
};
const strike: Handler = function (_range, { format }) {
  this.quill.format('strike', !format.strike, 'user');
};
const code: Handler = function (_range, { format }) {
  this.quill.format('code', !format.code, 'user');
};

function heading(level: number) {
  const handler: Handler = function (_range, { format }) {
    this.quill.format('header', level && format.header !== level ? level : false, 'user');
  };
  return { key: String(level), shortKey: true, altKey: true, handler };
}

export const BINDINGS = {
  heading: typed(/^#{1,4}$/, 'header', (prefix) => prefix.length),
  quote: typed(/^>$/, 'blockquote', () => true),
  fence: typed(/^```[a-z]*$/, 'code-block', () => 'plain'),
  check: { key: 'Enter', shortKey: true, handler: check },
  strike: { key: ['x', 'X'], shortKey: true, shiftKey: true, handler: strike },
  code: { key: 'e', shortKey: true, handler: code },
  text: heading(0),
  heading1: heading(1),
  heading2: heading(2),
  heading3: heading(3),
};
