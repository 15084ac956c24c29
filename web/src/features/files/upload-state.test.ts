import { describe, expect, test } from 'vitest';
import { freePath, step, totals, type UploadEvent, type UploadItem } from './upload-state';

const fresh: UploadItem = {
  id: '1',
  volume: { catalog: 'main', schema: 'default', volume: 'files' },
  path: 'a.csv',
  bytes: 100,
  sent: 0,
  status: 'queued',
  overwrite: false,
};
const after = (...events: UploadEvent[]) => events.reduce(step, fresh);
const begun: UploadEvent[] = [{ type: 'begin' }, { type: 'opened', uploadId: 'u1' }];

describe('step', () => {
  test('a plain upload ends as done, whole', () => {
    const done = after(...begun, { type: 'progress', sent: 60 }, { type: 'finish' });
    expect(done).toMatchObject({ status: 'done', sent: 100 });
    expect(done.uploadId).toBeUndefined();
  });
  test('pause keeps the place and resume queues it again', () => {
    const paused = after(...begun, { type: 'progress', sent: 60 }, { type: 'pause' });
    expect(paused).toMatchObject({ status: 'paused', sent: 60, uploadId: 'u1' });
    expect(step(paused, { type: 'resume' })).toMatchObject({ status: 'queued', uploadId: 'u1' });
  });
  test('progress that comes after a pause is not counted', () => {
    const paused = after(...begun, { type: 'pause' });
    expect(step(paused, { type: 'progress', sent: 99 })).toBe(paused);
  });
  test('a failed upload can be resumed and forgets its error', () => {
    const failed = after(...begun, { type: 'fail', error: 'no connection' });
    expect(failed).toMatchObject({ status: 'failed', error: 'no connection', uploadId: 'u1' });
    expect(step(failed, { type: 'resume' }).error).toBeUndefined();
  });
  test('a conflict is replaced, kept beside or skipped', () => {
    const conflict = after({ type: 'begin' }, { type: 'conflict' });
    expect(step(conflict, { type: 'replace' })).toMatchObject({
      status: 'queued',
      overwrite: true,
    });
    expect(step(conflict, { type: 'keepBoth', path: 'a (2).csv' })).toMatchObject({
      status: 'queued',
      path: 'a (2).csv',
      overwrite: false,
    });
    expect(step(conflict, { type: 'skip' }).status).toBe('skipped');
  });
  test('nothing happens to one that is done', () => {
    const done = after(...begun, { type: 'finish' });
    for (const type of ['begin', 'pause', 'resume', 'skip'] as const) {
      expect(step(done, { type })).toBe(done);
    }
  });
});

test('freePath counts up before the ending', () => {
  const taken = new Set(['d/a (2).csv.gz']);
  expect(freePath('d/a.csv.gz', (path) => taken.has(path))).toBe('d/a (3).csv.gz');
  expect(freePath('d.x/README', () => false)).toBe('d.x/README (2)');
  expect(freePath('.env', () => false)).toBe('.env (2)');
});

test('totals leave skipped ones out', () => {
  const skipped = after({ type: 'begin' }, { type: 'conflict' }, { type: 'skip' });
  expect(totals([skipped, after(...begun, { type: 'finish' }), fresh])).toEqual({
    open: 1,
    done: 1,
    bytes: 200,
    sent: 100,
  });
});
