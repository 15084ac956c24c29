import { describe, expect, it } from 'vitest';
import { scopesOf, scopesText } from './scopes';

describe('scopes of API keys', () => {
  it('leaves out the areas without access', () => {
    expect(scopesOf({ sql: 'read', files: 'write', admin: 'none' })).toEqual([
      'sql:read',
      'files:write',
    ]);
    expect(scopesOf({})).toEqual([]);
  });

  it('says which may only be read', () => {
    expect(scopesText(['sql:read', 'files:write'])).toBe('sql (read), files');
  });
});
