import Delta from 'quill-delta';
import type { Range } from 'quill/core';
import { tableId } from 'quill/formats/table';
import Clipboard from 'quill/modules/clipboard';
import { toast } from '@/components/toasts';
import type { Arriving } from '@/features/documents/editor/attach';
import { markdownToDelta } from '@/features/documents/editor/markdown';
import { plainText } from '@/features/documents/editor/plain-text';
import { looksLikeMarkdown, tidy, withoutImages } from '@/features/documents/editor/paste';
import { disarm, shape } from '@/features/documents/editor/paste-html';

interface Options {
  matchers: [];
  /** Takes the images of a paste, which are not in the text yet. */
  onImages?(images: Arriving[]): void;
}

/** Pastes keep their shape, and nothing else: see shape and tidy. */
export class CleanClipboard extends Clipboard {
  declare options: Options;

  protected override normalizeHTML(doc: Document): void {
    disarm(doc);
    super.normalizeHTML(doc);
    for (const node of doc.querySelectorAll('style')) node.remove();
    shape(doc);
  }

  override convert(data: { html?: string; text?: string }, formats = {}): Delta {
    const delta = super.convert(data, formats);
    return data.html ? tidy(delta, tableId) : delta;
  }

  override onPaste(range: Range, { text, html }: { text?: string; html?: string }): void {
    const given = { ...(text !== undefined && { text }), ...(html && { html }) };
    const formats = this.quill.getFormat(range.index);
    const { delta, images } = withoutImages(this.convert(given, formats));
    const change = new Delta().retain(range.index).delete(range.length).concat(delta);
    this.quill.updateContents(change, 'user');
    this.quill.setSelection(change.length() - range.length, 0, 'silent');
    this.quill.scrollSelectionIntoView();
    if (images.length > 0)
      this.options.onImages?.(
        images.map((image) => ({ ...image, index: range.index + image.index })),
      );
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
