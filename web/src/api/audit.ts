import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { AuditEntry, AuditPage } from '@/api/types';

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
  outcome?: AuditEntry['outcome'] | undefined;
  from?: string | undefined;
}

const LIMIT = 50; // entries of a page

export const auditEntries = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => {
      const query = { limit: LIMIT, after: pageParam, ...filter };
      // Of its formats only this one has a schema.
      return (await api.GET('/api/v1/audit', { params: { query } })).data as AuditPage;
    },
    getNextPageParam: ({ next }) => next,
  });

/** All entries that fit, as CSV. */
export async function exportAudit(filter: AuditFilter): Promise<Blob> {
  const call = api.GET('/api/v1/audit', {
    params: { query: { format: 'csv', ...filter } },
    parseAs: 'blob',
  });
  return (await call).data as Blob;
}
