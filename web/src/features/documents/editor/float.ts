import type Quill from 'quill/core';
import type { CSSProperties } from 'react';

const GAP = 6;
const EDGE = 8; // pixels kept free at the window's edges
const LEAST = 200; // room below that is enough

/** Where a box goes that belongs to a place in the text: below it, or above where there is more
 * room, and within the sheet's width. */
export function floatAt(quill: Quill, index: number, width: number): CSSProperties | undefined {
  const bounds = quill.getBounds(index);
  if (!bounds) return undefined;
  const sheet = quill.container.getBoundingClientRect();
  const window = quill.container.closest('[data-scroller]')?.getBoundingClientRect() ?? sheet;
  const below = window.bottom - sheet.top - bounds.bottom - GAP - EDGE;
  const above = sheet.top + bounds.top - window.top - GAP - EDGE;
  const left = Math.max(0, Math.min(bounds.left, sheet.width - width));
  return below < LEAST && above > below
    ? { left, bottom: sheet.height - bounds.top + GAP, maxHeight: above }
    : { left, top: bounds.bottom + GAP, maxHeight: Math.max(below, LEAST) };
}
