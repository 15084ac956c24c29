import { expect, test } from 'vitest';
import type { Health } from '@/api/health';
import { factText, healthText, shareOf, upSince } from './facts';

test('a fact is told in its unit, with its limit', () => {
  const fact = { id: 'x', label: 'X' };
  expect(factText({ ...fact, unit: 'bytes', value: 1536, most: 3 * 1024 })).toBe('1.5 KB of 3 KB');
  expect(factText({ ...fact, unit: 'count', value: 0, most: 8 })).toBe('0 of 8');
  expect(factText({ ...fact, unit: 'milliseconds', value: 0.2 })).toBe('< 1 ms');
  expect(factText({ ...fact, unit: 'percent', value: 12.6, most: 100 })).toBe('13 %');
  expect(factText({ ...fact, unit: 'text', text: 'SQLite' })).toBe('SQLite');
});

test('only what has a limit has a share, which stays within it', () => {
  const fact = { id: 'x', label: 'X', unit: 'count' as const };
  expect(shareOf({ ...fact, value: 2, most: 8 })).toBe(0.25);
  expect(shareOf({ ...fact, value: 9, most: 8 })).toBe(1);
  expect(shareOf({ ...fact, value: 9, most: 0 })).toBeUndefined();
  expect(shareOf({ ...fact, value: 9 })).toBeUndefined();
});

test('times since the start', () => {
  expect(upSince('2026-01-01T00:00:00Z', '2026-01-01T01:05:00Z')).toBe('1 h 5 min');
  expect(upSince('2026-01-01T00:00:00Z', '2026-01-11T01:05:00Z')).toBe('10 days');
});

test('the text holds every part, instance and task with its state in words', () => {
  const at = '2026-01-01T00:00:00Z';
  const health: Health = {
    state: 'warning',
    version: '1.2.3',
    checked_at: at,
    started_at: at,
    parts: [{ id: 'disk', name: 'Disk', state: 'warning', text: 'Nearly full.', facts: [] }],
    instances: [
      {
        id: 'a',
        host: 'one',
        version: '1.2.3',
        roles: ['api', 'web'],
        self: false,
        state: 'away',
        problems: ['Purge: no'],
        started_at: at,
        seen_seconds_ago: 45,
      },
    ],
    tasks: [{ id: 'p', name: 'Purge', state: 'failing', error: 'The disk is full.' }],
  };
  const text = healthText(health);
  expect(text).toContain('OpenBricks 1.2.3');
  expect(text).toContain('Disk: Look at it. Nearly full.');
  expect(text).toContain('one 1.2.3 (api, web): Away, seen 45 s ago');
  expect(text).toContain('    Purge: no');
  expect(text).toContain('  Purge: Failing. The disk is full.');
});
