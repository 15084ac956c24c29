import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { Secured } from '@/api/permissions';
import type { components } from '@/api/schema';

export type AccessRequest = components['schemas']['RequestAnswer'];

/** Requests that one may decide on, and all of one's own. */
export const accessRequests = () =>
  queryOptions({
    queryKey: ['access-requests'],
    queryFn: async () =>
      (await body(api.GET('/api/v1/access-requests', { params: { query: { all: true } } }))).items,
  });
export const requestAccess = ({ type, object }: Secured, role: string, message: string) =>
  api.POST('/api/v1/access-requests', { body: { type, object, role, message } });
/** With a role it is granted, otherwise refused. */
export const decideRequest = (id: string, role: string | undefined) =>
  api.POST('/api/v1/access-requests/{id}', {
    params: { path: { id } },
    body: role === undefined ? { grant: false } : { grant: true, role },
  });
