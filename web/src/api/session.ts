import { ApiError, ConnectionError, errorOf } from '@/api/errors';
import type { PasskeyProof, Tokens, User } from '@/api/types';
import { BASE } from '@/lib/base';
import { createStore } from '@/lib/store';

// The access token lives in memory only, the refresh token in a cookie that no script reads: the
// header asks for it, and other sites cannot send that. What is kept here only says that there is
// such a cookie, and when it was last renewed. Each refresh ends the token before.
const MARK_KEY = 'openbricks.session';
const COOKIE_HEADER = { 'x-session': 'cookie' };
const EARLY = 30_000; // milliseconds before its end at which a token is renewed

export type Session =
  | { status: 'starting' }
  | { status: 'signed-out'; expired?: boolean }
  // viewer: the administrator who looks at the page as the user does, and can change nothing.
  | { status: 'signed-in'; user: User; viewer?: User };

export const session = createStore<Session>({ status: 'starting' });

let access: { token: string; until: number } | undefined;
let refreshing: Promise<string | undefined> | undefined;

/** While an administrator looks at the page as somebody else. Like the access token it does not
 * survive a reload. */
interface Viewing {
  token: string;
  until: number;
}
let viewing: Viewing | undefined;

function keep(tokens: Tokens): string {
  access = { token: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 - EARLY };
  localStorage.setItem(MARK_KEY, String(Date.now()));
  return tokens.access_token;
}

async function post(path: string, body: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...COOKIE_HEADER,
  };
  if (token) headers.authorization = `Bearer ${token}`;
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return fetch(BASE + path, init).catch(() => {
    throw new ConnectionError();
  });
}

function forget(expired: boolean): void {
  access = undefined;
  viewing = undefined;
  localStorage.removeItem(MARK_KEY);
  session.set({ status: 'signed-out', expired });
}

async function refreshOnce(stale: string | undefined): Promise<string | undefined> {
  const mark = localStorage.getItem(MARK_KEY);
  if (!mark) {
    if (stale) forget(true);
    return undefined;
  }
  const response = await post('/api/v1/auth/refresh', {});
  if (response.ok) return keep((await response.json()) as Tokens);
  const error = await errorOf(response);
  if (error.status !== 400 && error.status !== 401 && error.status !== 403) throw error;
  // Another tab may have been quicker, and has the successor of the token.
  if (localStorage.getItem(MARK_KEY) !== mark) return refreshOnce(stale);
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

/** What was asked for as somebody else is not asked again as the administrator. */
export class ViewingEnded extends Error {
  constructor() {
    super('You no longer see OpenBricks as somebody else.');
    this.name = 'ViewingEnded';
  }
}

/** A token that is good now; undefined when signed out. `stale`: one that the server refused. */
export async function accessToken(stale?: string): Promise<string | undefined> {
  if (viewing) {
    if (viewing.token !== stale && Date.now() < viewing.until) return viewing.token;
    endViewing();
    throw new ViewingEnded();
  }
  if (access && access.token !== stale && Date.now() < access.until) return access.token;
  return renew(stale ?? access?.token);
}

async function userOf(token: string): Promise<User> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${BASE}/api/v1/auth/me`, { headers }).catch(() => {
    throw new ConnectionError();
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as User;
}

async function loadUser(token: string): Promise<void> {
  const user = await userOf(token);
  session.set((before) => ({
    status: 'signed-in',
    user,
    ...(viewing && before.status === 'signed-in' && before.viewer && { viewer: before.viewer }),
  }));
}

/** The page as a user sees it, for an administrator; nothing can be changed. */
export async function beginViewing(id: string): Promise<void> {
  const before = session.get();
  const own = await accessToken();
  if (!own || before.status !== 'signed-in') return;
  const response = await post(`/api/v1/users/${encodeURIComponent(id)}/view-as`, {}, own);
  if (!response.ok) throw await errorOf(response);
  const { access_token: token, expires_in } = (await response.json()) as Tokens;
  const user = await userOf(token);
  viewing = { token, until: Date.now() + expires_in * 1000 };
  session.set({ status: 'signed-in', user, viewer: before.user });
}

/** When it ends by itself, in milliseconds since 1970. */
export const viewingUntil = (): number | undefined => viewing?.until;

export function endViewing(): void {
  viewing = undefined;
  const current = session.get();
  if (current.status === 'signed-in' && current.viewer)
    session.set({ status: 'signed-in', user: current.viewer });
}

/** Called once at the start: signs in silently when there was a session. */
export async function restoreSession(): Promise<void> {
  const token = await accessToken();
  if (token) await loadUser(token);
  else session.set({ status: 'signed-out' });
}

/** After a sign-in that left the page and came back with a cookie of the session. */
export async function adoptSession(): Promise<void> {
  access = undefined;
  localStorage.setItem(MARK_KEY, String(Date.now()));
  await restoreSession();
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
export const signInWithPasskey = (proof: PasskeyProof): Promise<void> =>
  enter('/api/v1/auth/passkey-sign-in', proof);
export const completeWithPasskey = (challenge: string, proof: PasskeyProof): Promise<void> =>
  enter('/api/v1/auth/passkey-second-factor', { challenge, ...proof });
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
  const known = localStorage.getItem(MARK_KEY) !== null;
  const token = access?.token;
  forget(false);
  if (known) {
    await post('/api/v1/auth/logout', {}, token).catch((error: unknown) => {
      if (!(error instanceof ConnectionError || error instanceof ApiError)) throw error;
    });
  }
}

window.addEventListener('storage', (event) => {
  if (event.key !== MARK_KEY) return;
  // Whether they signed out or their session ended, the tab where it happened knows, and does what
  // belongs to it.
  if (event.newValue === null && session.get().status === 'signed-in') forget(true);
  if (event.newValue !== null && session.get().status === 'signed-out') void restoreSession();
});
