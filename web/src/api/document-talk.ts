import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import {
  ask,
  documentPath,
  type DocumentInfo,
  type LinkAccess,
  type Person,
} from '@/api/documents';

export interface DocumentReply {
  id: string;
  thread?: string;
  /** Absent: a guest. */
  author?: Person;
  text: string;
  mentions: Person[];
  created_at: string;
  edited_at?: string;
}
export interface DocumentComment extends DocumentReply {
  quote?: string;
  /** Where it stands in the text; see anchors.ts. */
  anchor?: string;
  resolved_at?: string;
  resolved_by?: Person;
  replies: DocumentReply[];
}
const MOST_COMMENTS = 2000; // threads that a document shows

const pathOf = (id: string, comment = '') =>
  documentPath(id, `/comments${comment && `/${encodeURIComponent(comment)}`}`);

export const documentComments = (id: string, share?: string) =>
  queryOptions({
    queryKey: ['documents', 'comments', id, share],
    queryFn: async () => {
      const all: DocumentComment[] = [];
      let after: string | undefined;
      do {
        const page = await ask<{ comments: DocumentComment[]; next?: string }>('GET', pathOf(id), {
          query: { resolved: 'all', after, limit: 200 },
          share,
        });
        all.push(...page.comments);
        after = page.next;
      } while (after && all.length < MOST_COMMENTS);
      return all;
    },
  });
export interface NewComment {
  text: string;
  mentions?: string[];
  anchor?: string;
  quote?: string;
}
export const addComment = (id: string, values: NewComment, share?: string) =>
  ask<DocumentComment>('POST', pathOf(id), { body: values, share });
export const replyToComment = (id: string, comment: string, values: NewComment, share?: string) =>
  ask<DocumentReply>('POST', `${pathOf(id, comment)}/replies`, { body: values, share });
export const changeComment = (
  id: string,
  comment: string,
  values: { text?: string; resolved?: boolean },
  share?: string,
) => ask<unknown>('PATCH', pathOf(id, comment), { body: values, share });
export const deleteComment = (id: string, comment: string, share?: string) =>
  ask<unknown>('DELETE', pathOf(id, comment), { share });

export interface DocumentVersion {
  id: string;
  name?: string;
  created_at: string;
  authors: Person[];
  words: number;
  bytes: number;
  automatic: boolean;
}
export interface DeltaOp {
  insert?: string | Record<string, unknown>;
  attributes?: Record<string, unknown>;
}
type Ops = DeltaOp[] | { ops: DeltaOp[] };
/** Ops, however the server wraps them. */
export const opsOf = (delta: Ops | undefined): DeltaOp[] =>
  Array.isArray(delta) ? delta : (delta?.ops ?? []);

const versionPath = (id: string, version = '') =>
  documentPath(id, `/versions${version && `/${encodeURIComponent(version)}`}`);
export const documentVersions = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['documents', 'versions', id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      ask<{ versions: DocumentVersion[]; next?: string }>('GET', versionPath(id), {
        query: { after: pageParam },
      }),
    getNextPageParam: ({ next }) => next,
  });
export const comparedVersion = (id: string, version: string) =>
  queryOptions({
    queryKey: ['documents', 'versions', id, version],
    queryFn: () =>
      ask<{ version: DocumentVersion; delta: Ops; diff?: Ops }>('GET', versionPath(id, version), {
        query: { compare: 'current' },
      }),
    staleTime: 0,
  });
export const keepVersion = (id: string, name: string) =>
  ask<DocumentVersion>('POST', versionPath(id), { body: name ? { name } : {} });
export const renameVersion = (id: string, version: string, name: string) =>
  ask<unknown>('PATCH', versionPath(id, version), { body: { name } });
export const deleteVersion = (id: string, version: string) =>
  ask<unknown>('DELETE', versionPath(id, version));
export const restoreVersion = (id: string, version: string) =>
  ask<DocumentInfo>('POST', `${versionPath(id, version)}/restore`);

export interface ShareLink {
  id: string;
  level: Exclude<LinkAccess, 'off'>;
  url: string;
  token: string;
  expires_at?: string;
  has_password: boolean;
  created_at: string;
  created_by: Person;
  last_used_at?: string;
}
export const shareLinks = (id: string) =>
  queryOptions({
    queryKey: ['documents', 'links', id],
    queryFn: async () =>
      (await ask<{ links: ShareLink[] }>('GET', documentPath(id, '/links'))).links,
  });
export const createShareLink = (
  id: string,
  values: { level: ShareLink['level']; expires_at?: string; password?: string },
) => ask<ShareLink>('POST', documentPath(id, '/links'), { body: values });
export const deleteShareLink = (id: string, link: string) =>
  ask<unknown>('DELETE', documentPath(id, `/links/${encodeURIComponent(link)}`));

export interface InboxItem {
  id: string;
  kind: 'mention' | 'comment' | 'reply' | 'share' | 'resolved';
  document?: string;
  title: string;
  comment?: string;
  text: string;
  /** Absent: a guest. */
  from?: Person;
  created_at: string;
  read_at?: string;
  /** Of the page, below the server's own. */
  path: string;
}
interface InboxPage {
  items: InboxItem[];
  unread: number;
  next?: string;
}
export const inbox = (unread: boolean) =>
  infiniteQueryOptions({
    queryKey: ['inbox', unread],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      ask<InboxPage>('GET', '/api/v1/inbox', {
        query: { after: pageParam, ...(unread && { unread: true }) },
      }),
    getNextPageParam: ({ next }) => next,
  });
export const unreadCount = () =>
  queryOptions({
    queryKey: ['inbox', 'count'],
    queryFn: async () =>
      (await ask<InboxPage>('GET', '/api/v1/inbox', { query: { unread: true } })).unread,
    staleTime: 30_000,
    retry: false,
  });
export const readInbox = (which: { ids: string[] } | { all: true }) =>
  ask<unknown>('POST', '/api/v1/inbox/read', { body: which });

export interface DocumentActivity {
  days: { day: string; edits: number; editors: number; views: number; viewers: number }[];
  people: { id: string; name: string; edits: number; last_at: string }[];
}
export const documentActivity = (id: string) =>
  queryOptions({
    queryKey: ['documents', 'activity', id],
    queryFn: () =>
      ask<DocumentActivity>('GET', documentPath(id, '/activity'), { query: { days: 30 } }),
  });
