import { expect, test } from 'vitest';
import { everyDay } from '@/features/documents/activity-days';

test('days on which nothing happened have their place', () => {
  const now = Date.UTC(2026, 2, 1, 23, 59);
  const days = everyDay([{ day: '2026-02-28', edits: 3, views: 1 }], now, 3);
  expect(days).toEqual([
    { day: '2026-02-27', edits: 0, views: 0 },
    { day: '2026-02-28', edits: 3, views: 1 },
    { day: '2026-03-01', edits: 0, views: 0 },
  ]);
});
