import type { SignInProvider, SignInProviderValues } from '@/api/sso';

export type Kind = SignInProvider['kind'];
type Settings = SignInProvider['settings'];
/** Settings that are one line of text. */
export type TextSetting = {
  [Name in keyof Settings]-?: Settings[Name] extends string | undefined ? Name : never;
}[keyof Settings];

export const KINDS: { id: Kind; label: string }[] = [
  { id: 'oidc', label: 'OpenID Connect' },
  { id: 'saml', label: 'SAML 2.0' },
  { id: 'oauth2', label: 'OAuth 2 (such as GitHub)' },
];

interface TextFieldSpec {
  name: TextSetting;
  label: string;
  hint?: string;
  example?: string;
  optional?: boolean;
}

const CLIENT: TextFieldSpec = { name: 'client_id', label: 'Client id' };

/** What has to be known of a provider, by its kind. */
export const FIELDS: Record<Kind, TextFieldSpec[]> = {
  oidc: [
    {
      name: 'issuer',
      label: 'Issuer',
      hint: 'Exactly as the provider’s configuration names it.',
      example: 'https://login.example.org',
    },
    CLIENT,
  ],
  oauth2: [
    {
      name: 'authorize_url',
      label: 'Authorization address',
      example: 'https://github.com/login/oauth/authorize',
    },
    {
      name: 'token_url',
      label: 'Token address',
      example: 'https://github.com/login/oauth/access_token',
    },
    { name: 'userinfo_url', label: 'User info address', example: 'https://api.github.com/user' },
    {
      name: 'emails_url',
      label: 'Emails address',
      hint: 'Gives verified addresses, as GitHub’s does.',
      example: 'https://api.github.com/user/emails',
      optional: true,
    },
    CLIENT,
    { name: 'id_field', label: 'Field of the id', hint: 'What never changes of a person.' },
  ],
  saml: [
    { name: 'entity_id', label: 'Entity id', hint: 'Of the identity provider.' },
    {
      name: 'sign_on_url',
      label: 'Sign-on address',
      hint: 'Where people sign in (HTTP-Redirect).',
      example: 'https://login.example.org/saml/sso',
    },
    { name: 'email_field', label: 'Attribute with the email' },
    { name: 'name_field', label: 'Attribute with the name' },
  ],
};

export interface GroupPair {
  theirs: string;
  ours: string;
}

/** What the dialog holds: lists as the text that is typed. */
export interface ProviderForm {
  kind: Kind;
  name: string;
  slug: string;
  enabled: boolean;
  secret: string;
  texts: Partial<Record<TextSetting, string>>;
  scopes: string;
  certificates: string;
  idpInitiated: boolean;
  allowed: string;
  enforced: string;
  groups: GroupPair[];
  create: boolean;
  link: boolean;
  trust: boolean;
}

export const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** Several in PEM, or one as metadata has it. */
export const certificatesOf = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ??
  (text.trim() ? [text.trim()] : []);

/** A short name for addresses: "Acme Inc." gives "acme-inc". */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);

export function formOf(provider?: SignInProvider): ProviderForm {
  const settings = provider?.settings;
  const texts: ProviderForm['texts'] = {
    id_field: 'id',
    email_field: 'email',
    name_field: 'name',
  };
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (typeof value === 'string') texts[name as TextSetting] = value;
  }
  return {
    kind: provider?.kind ?? 'oidc',
    name: provider?.name ?? '',
    slug: provider?.slug ?? '',
    enabled: provider?.enabled ?? true,
    secret: '',
    texts,
    scopes: settings?.scopes?.join(' ') ?? '',
    certificates: settings?.certificates?.join('\n') ?? '',
    idpInitiated: settings?.idp_initiated ?? false,
    allowed: settings?.allowed_domains?.join(', ') ?? '',
    enforced: settings?.enforced_domains?.join(', ') ?? '',
    groups: Object.entries(settings?.groups ?? {}).map(([theirs, ours]) => ({ theirs, ours })),
    create: settings?.create_accounts ?? true,
    link: settings?.link_accounts ?? true,
    trust: settings?.trust_email ?? false,
  };
}

/** What the server is sent; a secret only when one was typed. */
export function valuesOf(form: ProviderForm): SignInProviderValues {
  const texts = Object.fromEntries(
    Object.entries(form.texts).map(([name, value]) => [name, value.trim()]),
  );
  const pairs = form.groups.filter(({ theirs, ours }) => theirs.trim() && ours);
  return {
    slug: form.slug.trim(),
    name: form.name.trim(),
    kind: form.kind,
    enabled: form.enabled,
    ...(form.secret && { client_secret: form.secret }),
    settings: {
      ...texts,
      scopes: wordsOf(form.scopes),
      certificates: certificatesOf(form.certificates),
      idp_initiated: form.idpInitiated,
      allowed_domains: wordsOf(form.allowed),
      enforced_domains: wordsOf(form.enforced),
      groups: Object.fromEntries(pairs.map(({ theirs, ours }) => [theirs.trim(), ours])),
      create_accounts: form.create,
      link_accounts: form.link,
      trust_email: form.trust,
    },
  };
}

/** Labels of what still has to be filled in. */
export function missingIn(form: ProviderForm): string[] {
  const texts = FIELDS[form.kind].filter(
    ({ name, optional }) => !optional && !form.texts[name]?.trim(),
  );
  return [
    ...(form.name.trim() ? [] : ['Name']),
    ...(form.slug.trim() ? [] : ['Short name']),
    ...texts.map(({ label }) => label),
    ...(form.kind === 'saml' && !form.certificates.trim() ? ['Certificate'] : []),
  ];
}
