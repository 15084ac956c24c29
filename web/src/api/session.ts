import { ApiError, ConnectionError, errorOf } from '@/api/errors';
import type { Tokens, User } from '@/api/types';
import { createStore } from '@/lib/store';

// The access token lives in memory only; the refresh token in localStorage, so that a reload stays
// signed in. Each refresh gives a new refresh token and ends the old one.
const REFRESH_KEY = 'openbricks.refresh';
const EARLY = 30_000; // milliseconds before its end at which a token is renewed

export type Session =
  | { status: 'starting' }
  | { status: 'signed-out'; expired?: boolean }
  | { status: 'signed-in'; user: User };

export const session = createStore<Session>({ status: 'starting' });

let access: { token: string; until: number } | undefined;
let refreshing: Promise<string | undefined> | undefined;

function keep(tokens: Tokens): string {
  access = { token: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 - EARLY };
  localStorage.setItem(REFRESH_KEY, tokens.refresh_token);
  return tokens.access_token;
}

async function post(path: string, body: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return fetch(path, init).catch(() => {
    throw new ConnectionError();
  });
}

function forget(expired: boolean): void {
  access = undefined;
  localStorage.removeItem(REFRESH_KEY);
  session.set({ status: 'signed-out', expired });
}

async function refreshOnce(stale: string | undefined): Promise<string | undefined> {
  const refresh = localStorage.getItem(REFRESH_KEY);
  if (!refresh) {
    if (stale) forget(true);
    return undefined;
  }
  const response = await post('/api/v1/auth/refresh', { refresh_token: refresh });
  if (response.ok) return keep((await response.json()) as Tokens);
  const error = await errorOf(response);
  if (error.status !== 400 && error.status !== 401 && error.status !== 403) throw error;
  // Another tab may have used this refresh token first and stored its successor.
  if (localStorage.getItem(REFRESH_KEY) !== refresh) return refreshOnce(stale);
  forget(true);
  return undefined;
}

async function renewLocked(stale: string | undefined): Promise<string | undefined> {
  if (!navigator.locks) return refreshOnce(stale); // plain http: no locks between tabs
  return navigator.locks.request('openbricks-refresh', async () => refreshOnce(stale));
}

/** One refresh at a time, over all tabs where the browser has locks. */
function renew(stale: string | undefined): Promise<string | undefined> {
  refreshing ??= renewLocked(stale).finally(() => (refreshing = undefined));
  return refreshing;
}

/** A token that is good now; undefined when signed out. `stale`: one that the server refused. */
export async function accessToken(stale?: string): Promise<string | undefined> {
  if (access && access.token !== stale && Date.now() < access.until) return access.token;
  return renew(stale ?? access?.token);
}

async function loadUser(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch('/api/v1/auth/me', { headers }).catch(() => {
    throw new ConnectionError();
  });
  if (!response.ok) throw await errorOf(response);
  session.set({ status: 'signed-in', user: (await response.json()) as User });
}

/** Called once at the start: signs in silently when a refresh token is kept. */
export async function restoreSession(): Promise<void> {
  const token = await accessToken();
  if (token) await loadUser(token);
  else session.set({ status: 'signed-out' });
}

async function enter(path: string, values: unknown): Promise<void> {
  const response = await post(path, values);
  if (!response.ok) throw await errorOf(response);
  await loadUser(keep((await response.json()) as Tokens));
}

/** An ApiError with a challenge: the sign-in goes on with completeSignIn or replacePassword. */
export const signIn = (email: string, password: string): Promise<void> =>
  enter('/api/v1/auth/login', { email, password });
export const completeSignIn = (challenge: string, code: string): Promise<void> =>
  enter('/api/v1/auth/second-factor', { challenge, code });
export const replacePassword = (challenge: string, password: string): Promise<void> =>
  enter('/api/v1/auth/temporary-password', { challenge, password });
export const acceptInvitation = (values: {
  token: string;
  name: string;
  password: string;
}): Promise<void> => enter('/api/v1/auth/accept', values);

/** After a change of the own account: what the page knows of it is asked anew. */
export async function reloadUser(): Promise<void> {
  const token = await accessToken();
  if (token) await loadUser(token);
}

export async function signOut(): Promise<void> {
  const refresh = localStorage.getItem(REFRESH_KEY);
  const token = access?.token;
  forget(false);
  if (refresh) {
    await post('/api/v1/auth/logout', { refresh_token: refresh }, token).catch((error: unknown) => {
      if (!(error instanceof ConnectionError || error instanceof ApiError)) throw error;
    });
  }
}

window.addEventListener('storage', (event) => {
  if (event.key !== REFRESH_KEY) return;
  if (event.newValue === null && session.get().status === 'signed-in') forget(false);
  if (event.newValue !== null && session.get().status === 'signed-out') void restoreSession();
});
