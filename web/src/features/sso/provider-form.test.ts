import { expect, test } from 'vitest';
import type { SignInProvider } from '@/api/sso';
import { certificatesOf, formOf, missingIn, slugOf, valuesOf } from '@/features/sso/provider-form';

test('a short name comes from the name', () => {
  expect(slugOf('Acme Inc. (Zürich)')).toBe('acme-inc-zurich');
  expect(slugOf('…')).toBe('');
});

test('what is missing is named, by the kind', () => {
  const form = formOf();
  expect(missingIn(form)).toEqual(['Name', 'Short name', 'Issuer', 'Client id']);
  expect(missingIn({ ...form, kind: 'oauth2', name: 'a', slug: 'a' })).toEqual([
    'Authorization address',
    'Token address',
    'User info address',
    'Client id',
  ]);
});

test('a bare certificate is taken as it is', () => {
  expect(certificatesOf(' MIIC+/x=\nAAA= ')).toEqual(['MIIC+/x=\nAAA=']);
  expect(certificatesOf('  ')).toEqual([]);
});

test('a provider that is saved unchanged stays as it is', () => {
  const settings = {
    client_id: 'c',
    issuer: 'https://idp.example',
    scopes: ['email', 'groups'],
    certificates: [
      '-----BEGIN CERTIFICATE-----\nAAA=\n-----END CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----\nBBB=\n-----END CERTIFICATE-----',
    ],
    idp_initiated: true,
    id_field: 'id',
    email_field: 'email',
    name_field: 'name',
    groups_claim: 'groups',
    groups: { dev: 'g1', 'a = b': 'g2' },
    create_accounts: false,
    link_accounts: true,
    trust_email: true,
    allowed_domains: ['a.example', 'b.example'],
    enforced_domains: ['a.example'],
  };
  const provider = {
    slug: 's',
    name: 'N',
    kind: 'oidc',
    enabled: false,
    settings,
  } as unknown as SignInProvider;
  expect(valuesOf(formOf(provider))).toEqual({
    slug: 's',
    name: 'N',
    kind: 'oidc',
    enabled: false,
    settings,
  });
  expect(valuesOf({ ...formOf(provider), secret: ' x' }).client_secret).toBe(' x');
});
