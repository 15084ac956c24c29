import { queryOptions } from '@tanstack/react-query';
import { allItems, api, body, PAGE } from '@/api/client';

export const serviceAccounts = () =>
  queryOptions({
    queryKey: ['service-accounts'],
    queryFn: () =>
      allItems((after) =>
        api.GET('/api/v1/service-accounts', { params: { query: { limit: PAGE, after } } }),
      ),
  });
export const createServiceAccount = (name: string) =>
  body(api.POST('/api/v1/service-accounts', { body: { name } }));
export const changeServiceAccount = (id: string, values: { name?: string; disabled?: boolean }) =>
  api.PATCH('/api/v1/service-accounts/{id}', { params: { path: { id } }, body: values });
export const deleteServiceAccount = (id: string) =>
  api.DELETE('/api/v1/service-accounts/{id}', { params: { path: { id } } });

export const clientSecrets = (id: string) =>
  queryOptions({
    queryKey: ['service-accounts', id, 'secrets'],
    queryFn: async () =>
      (await body(api.GET('/api/v1/service-accounts/{id}/secrets', { params: { path: { id } } })))
        .items,
  });
export const createClientSecret = (id: string, expires_at?: string) =>
  body(
    api.POST('/api/v1/service-accounts/{id}/secrets', {
      params: { path: { id } },
      body: { ...(expires_at && { expires_at }) },
    }),
  );
export const deleteClientSecret = (id: string, secret: string) =>
  api.DELETE('/api/v1/service-accounts/{id}/secrets/{secret}', {
    params: { path: { id, secret } },
  });
