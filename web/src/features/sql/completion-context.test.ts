import { describe, expect, test } from 'vitest';
import { completionPlace, tableReferences } from './completion-context';

/** The place at the bar in a text. */
const place = (text: string) => completionPlace(text.replace('|', ''), text.indexOf('|'));

describe('completionPlace', () => {
  test('wants a table after FROM, JOIN, INTO and DESCRIBE', () => {
    for (const text of ['select * from |', 'from a join f|', 'insert into |', 'describe |']) {
      expect(place(text)?.wanted).toBe('table');
    }
  });
  test('wants a table in the list after FROM, not in a list of columns', () => {
    expect(place('select a, b from x as y, |')?.wanted).toBe('table');
    expect(place('select a, |')?.wanted).toBe('column');
    expect(place('select * from t order by a, |')?.wanted).toBe('column');
  });
  test('gives the path before the word', () => {
    expect(place('select * from main.`my schema`.or|')).toEqual({
      wanted: 'table',
      path: ['main', 'my schema'],
      from: 'select * from main.`my schema`.'.length,
    });
    expect(place('select f.| from flights f')).toMatchObject({ wanted: 'column', path: ['f'] });
  });
  test('offers nothing inside comments and strings', () => {
    expect(place("select 'abc| from")).toBeUndefined();
    expect(place('select 1 -- from |')).toBeUndefined();
  });
  test('offers again after a closed string', () => {
    expect(place("select 'a', |")?.wanted).toBe('column');
  });
});

describe('tableReferences', () => {
  test('finds tables and aliases', () => {
    const sql = `select * from samples.nycflights13.flights f
      left join airlines as a on a.carrier = f.carrier, \`my table\` where x = 'from nowhere'`;
    expect(tableReferences(sql)).toEqual([
      { parts: ['samples', 'nycflights13', 'flights'], alias: 'f' },
      { parts: ['airlines'], alias: 'a' },
    ]);
  });
  test('reads a comma list', () => {
    expect(tableReferences('select * from a x, b.c, "d e" where 1 = 1')).toEqual([
      { parts: ['a'], alias: 'x' },
      { parts: ['b', 'c'], alias: 'c' },
      { parts: ['d e'], alias: 'd e' },
    ]);
  });
  test('a subquery is not a table, its own tables are found', () => {
    expect(tableReferences('select * from (select * from t) s')).toEqual([
      { parts: ['t'], alias: 't' },
    ]);
  });
});
