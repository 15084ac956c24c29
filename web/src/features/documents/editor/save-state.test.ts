import { describe, expect, test } from 'vitest';
import { refusalOf, saveWords, START } from '@/features/documents/editor/save-state';

const LEVEL = { ...START, ready: true, connected: true, met: true, writes: true };

describe('the state of saving in words', () => {
  test.each([
    [START, 'Connecting…'],
    [LEVEL, 'Saved'],
    [{ ...LEVEL, waiting: 2 }, 'Saving…'],
    [{ ...LEVEL, connected: false }, 'Offline'],
    [{ ...LEVEL, connected: false, waiting: 1 }, 'Offline: 1 change waits'],
    [{ ...LEVEL, connected: false, waiting: 12 }, 'Offline: 12 changes wait'],
    [{ ...START, waiting: 3 }, 'Offline: 3 changes wait'],
    [{ ...LEVEL, writes: false }, 'Read only'],
    [{ ...LEVEL, writes: false, waiting: 2 }, 'Read only: 2 changes cannot be saved'],
    [{ ...LEVEL, refused: 'signed-out' as const }, 'Signed out'],
    [{ ...LEVEL, refused: 'forbidden' as const, waiting: 4 }, 'No access'],
  ])('%o', (state, text) => {
    expect(saveWords(state).text).toBe(text);
  });
});

test.each([
  ['There is no such document, or you may not see it.', 'missing'],
  ['Sign in first.', 'signed-out'],
  ['The token has expired.', 'signed-out'],
  ['permission-denied', 'forbidden'],
])('why the server refuses: %s', (reason, refusal) => {
  expect(refusalOf(reason)).toBe(refusal);
});
