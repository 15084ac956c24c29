import { describe, expect, it } from 'vitest';
import type { Grant, Principal, Reason } from '@/api/permissions';
import { grantText, reasonText, splitGrants } from '@/features/sharing/privileges';

const ann: Principal = { kind: 'user', id: 'u', name: 'Ann', email: 'ann@example.com' };
const group = (name: string): Principal => ({ kind: 'group', id: name, name });
const editor = {
  id: 'editor',
  name: 'Editor',
  text: '',
  privileges: ['write' as const],
  built_in: true,
};
const catalog = { type: 'catalog' as const, id: 'c', name: 'main' };

describe('reasonText', () => {
  const table: [string, Reason, string][] = [
    [
      'administrator',
      { kind: 'administrator', through: [ann] },
      'Ann is an administrator, who may do everything.',
    ],
    [
      'owner through a group',
      { kind: 'owner', object: catalog, through: [ann, group('Staff')] },
      'Ann owns the catalog main, as a member of Staff.',
    ],
    [
      'role through groups in groups',
      { kind: 'role', object: catalog, role: editor, through: [ann, group('A'), group('B')] },
      'Ann has the role Editor on the catalog main, as a member of A, which is in B.',
    ],
    [
      'privilege of everyone',
      {
        kind: 'privilege',
        object: catalog,
        privilege: 'read',
        through: [ann, { kind: 'everyone', id: 'everyone', name: 'Everyone' }],
      },
      'Ann has Read on the catalog main, as everyone does.',
    ],
    [
      'privilege on the server, which has no name',
      {
        kind: 'privilege',
        object: { type: 'server', id: 'server', name: '' },
        privilege: 'create',
        through: [ann],
      },
      'Ann has Create on the server.',
    ],
  ];
  it.each(table)('%s', (_, reason, sentence) => expect(reasonText(reason)).toBe(sentence));
});

describe('grants', () => {
  const here: Grant = { principal: ann, privileges: ['read', 'create'] };
  const above: Grant = {
    principal: ann,
    privileges: ['write'],
    role: editor,
    inherited_from: catalog,
  };
  it('are named by their role, or by their privileges', () => {
    expect([grantText(here), grantText(above)]).toEqual(['Read, Create', 'Editor']);
  });
  it('are those given here, and those from above', () => {
    expect(splitGrants([here, above])).toEqual({ own: [here], inherited: [above] });
  });
});
