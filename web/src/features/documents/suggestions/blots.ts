import { Attributor, Scope } from 'parchment';
import Inline from 'quill/blots/inline';
import { decode } from '@/features/documents/suggestions/suggestion';

function mark(node: HTMLElement, value: unknown, verb: string): HTMLElement {
  node.dataset.suggestion = String(value);
  node.title = `${decode(value)?.name || 'Somebody'} suggests to ${verb} this`;
  return node;
}

/** Text that somebody suggests to add. */
export class Inserted extends Inline {
  static override blotName = 'suggest-insert';
  static override tagName = 'INS';
  static override create(value?: unknown): HTMLElement {
    return mark(super.create(value) as HTMLElement, value, 'add');
  }
  static override formats(node: HTMLElement): string | undefined {
    return node.dataset.suggestion;
  }
}

/** Text that somebody suggests to take away. */
export class Deleted extends Inline {
  static override blotName = 'suggest-delete';
  static override tagName = 'DEL';
  static override create(value?: unknown): HTMLElement {
    return mark(super.create(value) as HTMLElement, value, 'delete');
  }
  static override formats(node: HTMLElement): string | undefined {
    return node.dataset.suggestion;
  }
}

/** Line breaks that somebody suggests to add, and to take away. */
export const LineInserted = new Attributor('suggest-line', 'data-suggest-line', {
  scope: Scope.BLOCK,
});
export const LineDeleted = new Attributor('suggest-cut', 'data-suggest-cut', {
  scope: Scope.BLOCK,
});
