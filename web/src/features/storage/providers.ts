export type Secret =
  | 'access_key'
  | 'secret_key'
  | 'session_token'
  | 'service_account'
  | 'account_key'
  | 'sas_token'
  | 'tenant_id'
  | 'client_id'
  | 'client_secret';

export interface Provider {
  id: 's3' | 'gs' | 'az' | 'az-sas' | 'az-app';
  label: string;
  /** An URL as an example. */
  example: string;
  secrets: { name: Secret; label: string; optional?: boolean; long?: boolean }[];
}

export const PROVIDERS: Provider[] = [
  {
    id: 's3',
    label: 'Amazon S3, or compatible',
    example: 's3://bucket/prefix?region=eu-west-1',
    secrets: [
      { name: 'access_key', label: 'Access key' },
      { name: 'secret_key', label: 'Secret key' },
      { name: 'session_token', label: 'Session token', optional: true },
    ],
  },
  {
    id: 'gs',
    label: 'Google Cloud Storage',
    example: 'gs://bucket/prefix',
    secrets: [{ name: 'service_account', label: 'Key file of the service account', long: true }],
  },
  {
    id: 'az',
    label: 'Azure, with an account key',
    example: 'az://container/prefix?account=name',
    secrets: [{ name: 'account_key', label: 'Account key' }],
  },
  {
    id: 'az-sas',
    label: 'Azure, with a SAS token',
    example: 'az://container/prefix?account=name',
    secrets: [{ name: 'sas_token', label: 'SAS token' }],
  },
  {
    id: 'az-app',
    label: 'Azure, with an application',
    example: 'az://container/prefix?account=name',
    secrets: [
      { name: 'tenant_id', label: 'Tenant id' },
      { name: 'client_id', label: 'Client id' },
      { name: 'client_secret', label: 'Client secret' },
    ],
  },
];

/** The provider that serves a URL. */
export function providerOf(url: string): Provider {
  const scheme = /^(\w+):\/\//.exec(url)?.[1] ?? 's3';
  const id = scheme === 'abfss' ? 'az' : scheme;
  return PROVIDERS.find((provider) => provider.id === id) ?? PROVIDERS[0]!;
}

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

export type Secrets = Partial<Record<Secret, string>>;

/** Those of the provider that were entered. */
export function givenSecrets(provider: Provider, values: Secrets): Secrets {
  const given: Secrets = {};
  for (const { name } of provider.secrets) {
    const value = values[name]?.trim();
    if (value) given[name] = value;
  }
  return given;
}

/** The secrets that are needed and missing. */
export const missingSecrets = (provider: Provider, given: Secrets): Secret[] =>
  provider.secrets.flatMap(({ name, optional }) => (optional || given[name] ? [] : [name]));
