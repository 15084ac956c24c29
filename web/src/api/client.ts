import createClient, { defaultPathSerializer } from 'openapi-fetch';
import { ApiError, ConnectionError, errorOf } from '@/api/errors';
import type { paths } from '@/api/schema';
import { accessToken, session } from '@/api/session';
import { BASE } from '@/lib/base';
import { parseLossless } from '@/lib/lossless-json';
import { createStore } from '@/lib/store';

/** False while the server does not answer. */
export const online = createStore(true);

async function attempt(request: Request, token: string | undefined): Promise<Response> {
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  try {
    const response = await fetch(request);
    online.set(true);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    online.set(false);
    throw new ConnectionError();
  }
}

/** Why nothing can be changed, where the server only knows that the token cannot. */
function explained(error: ApiError): ApiError {
  const current = session.get();
  if (error.id !== 'identity.readOnly' || current.status !== 'signed-in' || !current.viewer)
    return error;
  return new ApiError(error.status, {
    id: error.id,
    detail: `You see OpenBricks as ${current.user.email} does, and can change nothing. Stop viewing first.`,
    ...(error.requestId && { request_id: error.requestId }),
  });
}

/** Sends a request with the session's token; renews the token once when the server refuses it. */
export async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await accessToken();
  let response = await attempt(request, token);
  if (response.status === 401 && token) {
    const renewed = await accessToken(token);
    if (renewed) response = await attempt(again, renewed);
  }
  if (!response.ok) throw explained(await errorOf(response));
  return response;
}

/** Encodes each segment of a file path and keeps its slashes. */
export const filePath = (text: string): string => text.split('/').map(encodeURIComponent).join('/');

/** The REST API; a call throws ApiError or ConnectionError unless it succeeds. */
export const api = createClient<paths>({
  baseUrl: BASE,
  fetch: authorised,
  pathSerializer(pathname, { path, ...others }) {
    const whole =
      typeof path === 'string' ? pathname.replace('{path}', () => filePath(path)) : pathname;
    return defaultPathSerializer(whole, others);
  },
});

/** The body of a successful answer. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** The body of an answer asked for as text, whose integers may exceed 2^53. */
export async function losslessBody<T>(call: Promise<{ data?: string }>): Promise<T> {
  return parseLossless((await call).data ?? 'null') as T;
}

export const PAGE = 1000; // items; the most that a list gives at once
const MOST_ITEMS = 20_000;

/** All items of a list, page by page (at most 20,000). */
export async function allItems<T>(
  page: (after: string | undefined) => Promise<{ data?: { items: T[]; next?: string } }>,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const { items: more, next } = await body(page(after));
    items.push(...more);
    after = next;
  } while (after && items.length < MOST_ITEMS);
  return items;
}
