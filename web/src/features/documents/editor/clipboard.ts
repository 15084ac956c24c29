import Delta from 'quill-delta';
import type { Range } from 'quill/core';
import { tableId } from 'quill/formats/table';
import Clipboard from 'quill/modules/clipboard';
import { toast } from '@/components/toasts';
import { markdownToDelta } from '@/features/documents/editor/markdown';
import { plainText } from '@/features/documents/editor/plain-text';
import { looksLikeMarkdown, tidy } from '@/features/documents/editor/paste';

/** Pastes keep their shape, and nothing else: see tidy. */
export class CleanClipboard extends Clipboard {
  protected override normalizeHTML(doc: Document): void {
    super.normalizeHTML(doc);
    for (const node of doc.querySelectorAll('script, style, template, iframe, object, svg, math'))
      node.remove();
    // A cell holds one line.
    for (const cell of doc.querySelectorAll('td, th')) {
      const td = doc.createElement('td');
      if (cell.tagName === 'TH')
        td.append(Object.assign(doc.createElement('b'), { textContent: cell.textContent }));
      else td.append(...cell.childNodes);
      for (const line of td.querySelectorAll('p, div, br, li, h1, h2, h3, h4, h5, h6'))
        line.replaceWith(...line.childNodes, doc.createTextNode(' '));
      cell.replaceWith(td);
    }
  }

  override convert(data: { html?: string; text?: string }, formats = {}): Delta {
    const delta = super.convert(data, formats);
    return data.html ? tidy(delta, tableId) : delta;
  }

  override onPaste(range: Range, { text, html }: { text?: string; html?: string }): void {
    super.onPaste(range, { ...(text !== undefined && { text }), ...(html && { html }) });
    const formats = this.quill.getFormat(range.index);
    if (!html && text && !formats['code-block'] && looksLikeMarkdown(text))
      this.offer(range.index, text);
  }

  private offer(index: number, text: string): void {
    const pasted = text.replaceAll('\r', '');
    const format = () => {
      // Somebody may have written before it meanwhile.
      const at = plainText(this.quill.getContents().ops).indexOf(pasted, Math.max(0, index - 1));
      if (at < 0 || !this.quill.isEnabled()) return;
      this.quill.history.cutoff();
      const delta = markdownToDelta(text, tableId);
      this.quill.updateContents(new Delta().retain(at).delete(pasted.length).concat(delta), 'user');
      this.quill.setSelection(at + delta.length(), 0, 'silent');
    };
    toast({
      title: 'That looks like Markdown',
      action: { label: 'Format it', run: format },
    });
  }
}
