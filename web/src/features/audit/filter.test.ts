import { describe, expect, it } from 'vitest';
import { filterOf, NOTHING } from './filter';

describe('the filter of the audit log', () => {
  it('asks for nothing where nothing is chosen', () => {
    expect(Object.values(filterOf(NOTHING, 0)).filter(Boolean)).toEqual([]);
  });

  it('finds what begins with the words', () => {
    const filter = filterOf({ ...NOTHING, actor: ' ann ', object: 'main.sales.*' }, 0);
    expect(filter).toMatchObject({ actor: 'ann*', object: 'main.sales.*' });
  });

  it('counts days back from now', () => {
    const now = Date.parse('2026-03-08T12:00:00Z');
    expect(filterOf({ ...NOTHING, days: '7' }, now).from).toBe('2026-03-01T12:00:00.000Z');
  });
});
