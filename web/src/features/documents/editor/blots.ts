import { BlockEmbed } from 'quill/blots/block';
import Embed from 'quill/blots/embed';
import Image from 'quill/formats/image';
import Link from 'quill/formats/link';
import { foreignText } from '@/features/documents/editor/foreign';
import { isAttachment, isInlineImage } from '@/features/documents/editor/image-urls';
import { imageSource } from '@/features/documents/editor/images';
import { safeLink } from '@/features/documents/editor/links';
import { mount, sqlEmbed, unmount } from '@/features/documents/editor/mounts';
import { formatBytes } from '@/lib/format';

/** Links only to addresses that run nothing. */
export class SafeLink extends Link {
  static override sanitize(url: string): string {
    return safeLink(String(url)) ?? 'about:blank';
  }
}

/** An image that lies beside the document, or within its text. */
export class AttachedImage extends Image {
  static override create(value: string): HTMLElement {
    const node = super.create('') as HTMLImageElement;
    node.removeAttribute('src');
    const url = String(value);
    node.dataset.src = url;
    node.draggable = true;
    if (!isAttachment(url) && !isInlineImage(url)) {
      node.alt = 'An image of another site is not shown';
      return node;
    }
    imageSource(url).then(
      (source) => (node.src = source),
      () => (node.alt = 'This image could not be loaded'),
    );
    return node;
  }
  static override value(node: HTMLElement): string {
    return node.dataset.src ?? node.getAttribute('src') ?? '';
  }
}

interface FileValue {
  url: string;
  name: string;
  bytes?: number;
}

/** A file that lies beside the document; a click downloads it. */
export class FileChip extends Embed {
  static override blotName = 'file';
  static override tagName = 'SPAN';
  static override className = 'ob-file';
  static override create(value: unknown): HTMLElement {
    const node = super.create() as HTMLElement;
    const { url, name, bytes } = (value ?? {}) as Partial<FileValue>;
    const clean = {
      url: String(url ?? ''),
      name: String(name ?? 'file'),
      bytes: Number(bytes) || 0,
    };
    node.dataset.file = JSON.stringify(clean);
    node.contentEditable = 'false';
    node.setAttribute('role', 'button');
    node.tabIndex = 0;
    node.textContent = clean.bytes ? `${clean.name} · ${formatBytes(clean.bytes)}` : clean.name;
    return node;
  }
  static override value(node: HTMLElement): unknown {
    try {
      return JSON.parse(node.dataset.file ?? '{}');
    } catch {
      return { url: '', name: 'file' };
    }
  }
}

/** An embed without a form of its own: a text stands for it, and it stays what it is. */
export class Foreign extends Embed {
  static override blotName = 'foreign';
  static override tagName = 'SPAN';
  static override className = 'ob-foreign';
  static override create(value: unknown): HTMLElement {
    const node = super.create() as HTMLElement;
    node.dataset.embed = JSON.stringify(value ?? null);
    node.contentEditable = 'false';
    node.textContent = foreignText(this.blotName, value);
    return node;
  }
  static override value(node: HTMLElement): unknown {
    try {
      return JSON.parse(node.dataset.embed ?? 'null');
    } catch {
      return null;
    }
  }
}
export class Formula extends Foreign {
  static override blotName = 'formula';
  static override className = 'ob-formula';
}
export class Mention extends Foreign {
  static override blotName = 'mention';
  static override className = 'ob-mention';
}
export class Video extends Foreign {
  static override blotName = 'video';
  static override className = 'ob-video';
}

export class Divider extends BlockEmbed {
  static override blotName = 'divider';
  static override tagName = 'HR';
  static value(): boolean {
    return true;
  }
}

// What is typed and pressed inside of a live query is not the editor's.
const OWN_EVENTS = ['keydown', 'beforeinput', 'input', 'paste', 'copy', 'cut', 'drop', 'mousedown'];

/** A query whose result is shown in the text, with the rights of whoever reads it. */
export class SqlBlot extends BlockEmbed {
  static override blotName = 'embed';
  static override tagName = 'DIV';
  static override className = 'ob-sql';
  static override create(value: unknown): HTMLElement {
    const node = super.create() as HTMLElement;
    node.dataset.embed = JSON.stringify(sqlEmbed(value));
    node.contentEditable = 'false';
    for (const name of OWN_EVENTS) node.addEventListener(name, (event) => event.stopPropagation());
    return node;
  }
  static value(node: HTMLElement): unknown {
    try {
      return sqlEmbed(JSON.parse(node.dataset.embed ?? '{}'));
    } catch {
      return sqlEmbed({});
    }
  }
  override attach(): void {
    super.attach();
    const node = this.domNode as HTMLElement;
    mount(node, SqlBlot.value(node) as ReturnType<typeof sqlEmbed>);
  }
  /** What React draws inside is no change of the document. */
  updateContent(): void {}
  override detach(): void {
    unmount(this.domNode as HTMLElement);
    super.detach();
  }
}
