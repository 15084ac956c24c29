import { ConnectionError, errorOf } from '@/api/errors';
import { accessToken } from '@/api/session';
import { parseLossless } from '@/lib/lossless-json';
import { createStore } from '@/lib/store';

/** False while the server does not answer. */
export const online = createStore(true);

export type Query = Record<string, string | number | boolean | undefined>;

export interface Options {
  query?: Query;
  json?: unknown;
  accept?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Path segments, each encoded: path`/catalogs/${name}`. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((text, part, index) => text + encodeURIComponent(values[index - 1]!) + part);
}

/** Encodes each segment of a file path and keeps its slashes. */
export const filePath = (text: string): string => text.split('/').map(encodeURIComponent).join('/');

function urlOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

async function attempt(url: string, init: RequestInit, token: string | undefined) {
  const headers = new Headers(init.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  try {
    const response = await fetch(url, { ...init, headers });
    online.set(true);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    online.set(false);
    throw new ConnectionError();
  }
}

/** Sends a request with the session's token; renews the token once when the server refuses it. */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.accept) headers.accept = options.accept;
  if (options.json !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers };
  if (options.signal) init.signal = options.signal;
  if (options.json !== undefined) init.body = JSON.stringify(options.json);
  const url = urlOf(path, options.query);
  const token = await accessToken();
  let response = await attempt(url, init, token);
  if (response.status === 401 && token) {
    const renewed = await accessToken(token);
    if (renewed) response = await attempt(url, init, renewed);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function getJson<T>(path: string, options?: Options): Promise<T> {
  return (await (await send('GET', path, options)).json()) as T;
}

export async function sendJson<T>(method: string, path: string, options?: Options): Promise<T> {
  return (await (await send(method, path, options)).json()) as T;
}

/** Like `sendJson`, for results whose integers may exceed 2^53. */
export async function sendLossless<T>(method: string, path: string, options?: Options): Promise<T> {
  return parseLossless(await (await send(method, path, options)).text()) as T;
}

const MOST_ITEMS = 20_000;

/** All items of a list, page by page (at most 20,000). */
export async function getAll<T>(path: string, query: Query = {}): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await getJson<{ items: T[]; next?: string }>(path, {
      query: { ...query, limit: 1000, after },
    });
    items.push(...page.items);
    after = page.next;
  } while (after && items.length < MOST_ITEMS);
  return items;
}
