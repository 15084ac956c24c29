import { describe, expect, test } from 'vitest';
import { parseLossless } from './lossless-json';

describe('parseLossless', () => {
  test('keeps integers beyond 2^53 as their digits', () => {
    expect(parseLossless('[9223372036854775807,-9223372036854775808,9007199254740993]')).toEqual([
      '9223372036854775807',
      '-9223372036854775808',
      '9007199254740993',
    ]);
  });
  test('leaves safe integers, fractions and exponents as numbers', () => {
    expect(parseLossless('[9007199254740991, 0.1234567890123457, 1e300, -1]')).toEqual([
      9007199254740991, 0.1234567890123457, 1e300, -1,
    ]);
  });
  test('does not touch digits inside strings, keys or escapes', () => {
    const text =
      '{"12345678901234567890":"a \\" 12345678901234567890 \\\\","n":12345678901234567890}';
    expect(parseLossless(text)).toEqual({
      '12345678901234567890': 'a " 12345678901234567890 \\',
      n: '12345678901234567890',
    });
  });
  test('reaches nested values', () => {
    expect(parseLossless('{"a":[{"b":-12345678901234567}]}')).toEqual({
      a: [{ b: '-12345678901234567' }],
    });
  });
  test('refuses what JSON refuses', () => {
    expect(() => parseLossless('[1234567890123456789')).toThrow(SyntaxError);
  });
  test('a long string does not exhaust the stack', () => {
    const long = 'x\\n'.repeat(500_000);
    expect(parseLossless(`["${long}",12345678901234567]`)).toHaveLength(2);
  });
});
