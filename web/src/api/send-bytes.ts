import { ApiError, ConnectionError } from '@/api/errors';
import { accessToken } from '@/api/session';
import type { Problem } from '@/api/types';

interface Options {
  headers?: Record<string, string>;
  signal: AbortSignal;
  onProgress(sent: number): void;
}

function attempt(method: string, path: string, body: Blob, token: string | undefined, o: Options) {
  return new Promise<XMLHttpRequest>((resolve, reject) => {
    // fetch tells nothing about how much of a body was sent.
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, path);
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    for (const [name, value] of Object.entries(o.headers ?? {})) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => o.onProgress(event.loaded);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new ConnectionError());
    request.onabort = () => reject(new DOMException('Stopped', 'AbortError'));
    request.onloadend = () => o.signal.removeEventListener('abort', abort);
    o.signal.addEventListener('abort', abort);
    if (o.signal.aborted) abort();
    else request.send(body);
  });
}

function errorOf(request: XMLHttpRequest): ApiError {
  try {
    return new ApiError(request.status, JSON.parse(request.responseText) as Problem);
  } catch {
    return new ApiError(request.status, { detail: `The server answered ${request.status}.` });
  }
}

/** Sends bytes and tells how many have gone; renews the token once when the server refuses it.
 * Resolves to the answer's text. */
export async function sendBytes(
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: Blob,
  options: Options,
): Promise<string> {
  const token = await accessToken();
  let request = await attempt(method, path, body, token, options);
  if (request.status === 401 && token) {
    request = await attempt(method, path, body, await accessToken(token), options);
  }
  if (request.status >= 400) throw errorOf(request);
  return request.responseText;
}
