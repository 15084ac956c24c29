import { expect, test } from 'vitest';
import { safeLink } from '@/features/documents/editor/links';

test.each([
  ['https://a.example/b?c#d', 'https://a.example/b?c#d'],
  [' example.org/page ', 'https://example.org/page'],
  ['ann@example.org', 'mailto:ann@example.org'],
  ['tel:+4912345', 'tel:+4912345'],
  ['/documents/1', '/documents/1'],
  ['#top', '#top'],
])('%j may be linked to', (typed, link) => {
  expect(safeLink(typed)).toBe(link);
});

test.each([
  'javascript:alert(1)',
  ' JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'blob:https://a/b',
  'file:///etc/passwd',
  '//evil.example',
  '',
  'words only',
])('%j may not', (typed) => {
  expect(safeLink(typed)).toBeUndefined();
});
