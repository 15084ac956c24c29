import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { DocumentFilter, DocumentSort } from '@/app/document-lists';
import { authorised } from '@/api/client';
import { sendBytes } from '@/api/send-bytes';
import { BASE } from '@/lib/base';

export interface Person {
  id: string;
  name: string;
}
export type DocumentAccess = 'owner' | 'editor' | 'commenter' | 'viewer';
export type LinkAccess = 'off' | 'view' | 'comment' | 'edit';
export interface DocumentInfo {
  id: string;
  title: string;
  workspace: string;
  folder: string;
  owner: Person;
  access: DocumentAccess;
  link_access: LinkAccess;
  created_at: string;
  updated_at: string;
  updated_by?: Person;
  trashed_at?: string;
  words?: number;
  starred?: boolean;
  is_template?: boolean;
  snippet?: string;
}
export interface DocumentTemplate {
  id: string;
  title: string;
  text: string;
  built_in: boolean;
}
export interface DocumentQuery {
  text?: string | undefined;
  filter?: DocumentFilter | undefined;
  sort?: DocumentSort | undefined;
  workspace?: string | undefined;
  /** Empty: at the top of the workspace; absent: in any of its folders. */
  folder?: string | undefined;
}

type Query = Record<string, string | number | boolean | undefined>;

export interface DocumentCall {
  query?: Query;
  body?: unknown;
  /** What a share link gave to whoever has no access of their own. */
  share?: string | undefined;
  signal?: AbortSignal | undefined;
}

const ROOT = '/api/v1/documents';
export const documentPath = (id: string, rest = ''): string =>
  `${ROOT}/${encodeURIComponent(id)}${rest}`;

const withQuery = (path: string, query: Query = {}): string => {
  const words = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return words.length ? `${path}?${new URLSearchParams(words).toString()}` : path;
};

/** Asks the API below /api/v1; throws as `api` does. */
export async function request(
  method: string,
  path: string,
  { query, body, share, signal }: DocumentCall = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  const raw = body instanceof Blob;
  if (body !== undefined && !raw) headers['content-type'] = 'application/json';
  if (share) headers['x-share'] = share;
  return authorised(
    new Request(new URL(BASE + withQuery(path, query), location.origin), {
      method,
      headers,
      ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    }),
  );
}

/** As request; the answer's JSON, undefined when it has none. */
export async function ask<T>(method: string, path: string, call?: DocumentCall): Promise<T> {
  const response = await request(method, path, call);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const documents = (query: DocumentQuery) =>
  infiniteQueryOptions({
    queryKey: ['documents', 'list', query],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask<{ documents: DocumentInfo[]; next?: string }>('GET', ROOT, {
        query: { ...query, after: pageParam, limit: 50 },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
  });
export const foundDocuments = (text: string) =>
  queryOptions({
    queryKey: ['documents', 'found', text],
    queryFn: async () =>
      (
        await ask<{ documents: DocumentInfo[] }>('GET', ROOT, {
          query: { limit: 8, ...(text === '' ? { filter: 'recent' } : { text }) },
        })
      ).documents,
    staleTime: 10_000,
  });
export const documentInfo = (id: string, share?: string) =>
  queryOptions({
    queryKey: ['documents', 'one', id, share],
    queryFn: () => ask<DocumentInfo>('GET', documentPath(id), { share }),
  });
export const documentTemplates = () =>
  queryOptions({
    queryKey: ['documents', 'templates'],
    queryFn: async () =>
      (await ask<{ templates: DocumentTemplate[] }>('GET', `${ROOT}/templates`)).templates,
  });

export interface NewDocument {
  title?: string;
  template?: string;
  workspace?: string;
  folder?: string;
}
export const createDocument = (values: NewDocument) =>
  ask<DocumentInfo>('POST', ROOT, { body: values });
export const changeDocument = (
  id: string,
  values: { title?: string; link_access?: LinkAccess; starred?: boolean },
) => ask<DocumentInfo>('PATCH', documentPath(id), { body: values });
export const duplicateDocument = (id: string) =>
  ask<DocumentInfo>('POST', documentPath(id, '/duplicate'), { body: {} });
export const trashDocument = (id: string) => ask<unknown>('DELETE', documentPath(id));
export const restoreDocument = (id: string) => ask<unknown>('POST', documentPath(id, '/restore'));
export const deleteDocument = (id: string) => ask<unknown>('DELETE', documentPath(id, '/forever'));
export const setTemplate = (id: string, on: boolean) =>
  ask<unknown>(on ? 'PUT' : 'DELETE', documentPath(id, '/template'));

export const importDocument = (file: File, place: { workspace?: string; folder?: string }) =>
  ask<DocumentInfo>('POST', `${ROOT}/import`, {
    query: { name: file.name, ...place },
    body: file,
  });
export type DocumentFormat = 'html' | 'markdown' | 'docx' | 'pdf';
export const exportDocument = (id: string, format: DocumentFormat, share?: string) =>
  request('GET', documentPath(id, '/export'), { query: { format }, share });

export interface Attachment {
  id: string;
  name: string;
  type: string;
  bytes: number;
  url: string;
}
/** Sends a file to lie beside a document; tells how much has gone. */
export async function attachFile(
  id: string,
  file: File,
  options: { share?: string | undefined; signal: AbortSignal; onProgress(sent: number): void },
): Promise<Attachment> {
  const { share, ...rest } = options;
  const path = BASE + withQuery(documentPath(id, '/files'), { name: file.name || 'file' });
  const headers: Record<string, string> = share ? { 'x-share': share } : {};
  const text = await sendBytes('POST', path, file, { ...rest, headers });
  return JSON.parse(text) as Attachment;
}
