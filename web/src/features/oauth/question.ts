import type { Authorization } from '@/api/oauth';

const NAMES = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'response_mode',
  'max_age',
] as const;

/** What an application asks, from the address that it sent the browser to. */
export function questionOf(query: string): Authorization {
  const given = new URLSearchParams(query);
  const found = NAMES.flatMap((name) => {
    const value = given.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { client_id: '', redirect_uri: '', ...Object.fromEntries(found) } as Authorization;
}

export const promptsOf = (query: string): string[] =>
  (new URLSearchParams(query).get('prompt') ?? '').split(' ').filter(Boolean);

/** The query without a prompt and an age that were answered by signing in just now. */
export function answeredQuery(query: string): string {
  const given = new URLSearchParams(query);
  const rest = promptsOf(query).filter((prompt) => prompt !== 'login');
  given.delete('prompt');
  if (rest.length > 0) given.set('prompt', rest.join(' '));
  return given.toString();
}

const SCOPES: Record<string, string> = {
  openid: 'Who you are: the id of your account',
  email: 'Your email address',
  profile: 'Your name',
  groups: 'The groups that you are in',
  offline_access: 'To ask again while you are away, until you keep it out',
};

export const scopeText = (scope: string): string => SCOPES[scope] ?? scope;
