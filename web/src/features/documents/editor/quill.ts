import Quill, { type Delta, type EmitterSource, type Op } from 'quill/core';
import { AlignClass } from 'quill/formats/align';
import Blockquote from 'quill/formats/blockquote';
import Bold from 'quill/formats/bold';
import { Code } from 'quill/formats/code';
import Header from 'quill/formats/header';
import Indent from 'quill/formats/indent';
import Italic from 'quill/formats/italic';
import List from 'quill/formats/list';
import Script from 'quill/formats/script';
import Strike from 'quill/formats/strike';
import Underline from 'quill/formats/underline';
import Syntax from 'quill/modules/syntax';
import Table from 'quill/modules/table';
import { ClassAttributor, Scope } from 'parchment';
import Cursors from 'quill-cursors';
import 'quill/dist/quill.core.css';
import '@/features/documents/editor/editor.css';
import {
  AttachedImage,
  Divider,
  FileChip,
  Foreign,
  Formula,
  Mention,
  SafeLink,
  SqlBlot,
  Video,
} from '@/features/documents/editor/blots';
import { arriving, type Arriving } from '@/features/documents/editor/attach';
import { syntax } from '@/features/documents/editor/highlighter';
import { shown } from '@/features/documents/editor/foreign';
import { CleanClipboard } from '@/features/documents/editor/clipboard';
import { BINDINGS } from '@/features/documents/editor/key-bindings';
import { SharedHistory } from '@/features/documents/editor/undo';
import {
  Deleted,
  Inserted,
  LineDeleted,
  LineInserted,
} from '@/features/documents/suggestions/blots';

export const HIGHLIGHTS = ['yellow', 'green', 'blue', 'red', 'purple'] as const;
const background = new ClassAttributor('background', 'ob-mark', {
  scope: Scope.INLINE,
  whitelist: [...HIGHLIGHTS],
});
const diff = new ClassAttributor('diff', 'ob-diff', {
  scope: Scope.INLINE,
  whitelist: ['insert', 'delete'],
});

Quill.register(
  {
    'modules/clipboard': CleanClipboard,
    'modules/cursors': Cursors,
    'modules/history': SharedHistory,
    'modules/syntax': Syntax,
    'modules/table': Table,
    'formats/align': AlignClass,
    'formats/background': background,
    'formats/blockquote': Blockquote,
    'formats/bold': Bold,
    'formats/code': Code,
    'formats/diff': diff,
    'formats/divider': Divider,
    'formats/embed': SqlBlot,
    'formats/file': FileChip,
    'formats/foreign': Foreign,
    'formats/formula': Formula,
    'formats/header': Header,
    'formats/image': AttachedImage,
    'formats/indent': Indent,
    'formats/italic': Italic,
    'formats/link': SafeLink,
    'formats/list': List,
    'formats/mention': Mention,
    'formats/script': Script,
    'formats/strike': Strike,
    'formats/suggest-insert': Inserted,
    'formats/suggest-delete': Deleted,
    'formats/suggest-line': LineInserted,
    'formats/suggest-cut': LineDeleted,
    'formats/underline': Underline,
    'formats/video': Video,
  },
  true,
);

export interface EditorOptions {
  readOnly: boolean;
  placeholder?: string;
  /** Takes files that are pasted or dropped at a place in the text. */
  onFiles?(files: readonly Arriving[]): void;
}

/** Takes from outside only what it has a form for. */
class SafeQuill extends Quill {
  override setContents(delta: Delta | Op[], source?: EmitterSource): Delta {
    return super.setContents(shown(delta), source);
  }
  override updateContents(delta: Delta | Op[], source?: EmitterSource): Delta {
    return super.updateContents(shown(delta), source);
  }
}

/** An editor in `element`; without `onFiles` it only shows. */
export function createEditor(element: HTMLElement, options: EditorOptions): Quill {
  const { readOnly, placeholder = '', onFiles } = options;
  const quill = new SafeQuill(element, {
    readOnly,
    placeholder,
    modules: {
      table: true,
      syntax,
      ...(onFiles && {
        clipboard: { onImages: onFiles },
        cursors: { transformOnTextChange: true, hideDelayMs: 3000 },
      }),
      keyboard: { bindings: BINDINGS },
    },
  });
  // Everything that is dropped is taken, not only what Quill takes for images.
  quill.uploader.upload = (range, files) => {
    const all = Array.from(files as ArrayLike<File>);
    if (all.length > 0 && quill.isEnabled()) onFiles?.(arriving(range.index, all));
  };
  quill.root.setAttribute('role', 'textbox');
  quill.root.setAttribute('aria-multiline', 'true');
  quill.root.setAttribute('aria-label', 'Text of the document');
  quill.on(Quill.events.SCROLL_BLOT_MOUNT, (blot: { uiNode?: HTMLElement }) => {
    if (blot.uiNode?.tagName === 'SELECT') blot.uiNode.setAttribute('aria-label', 'Language');
  });
  return quill;
}
