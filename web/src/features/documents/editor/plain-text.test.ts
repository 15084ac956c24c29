import { expect, test } from 'vitest';
import { quoteOf } from '@/features/documents/editor/plain-text';

test('a quote ends between characters', () => {
  expect(quoteOf('😀 short')).toBe('😀 short');
  expect(quoteOf('x'.repeat(298) + '😀y')).toBe('x'.repeat(298) + '😀');
  expect(quoteOf('x'.repeat(299) + '😀')).toBe('x'.repeat(299));
});
