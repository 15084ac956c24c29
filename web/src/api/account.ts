import { queryOptions } from '@tanstack/react-query';
import { allItems, api, body, PAGE } from '@/api/client';

export const apiKeys = () =>
  queryOptions({
    queryKey: ['keys'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/keys', { params: { query: { limit: PAGE, after } } })),
  });
export const createKey = (values: { name: string; expires_at?: string }) =>
  body(api.POST('/api/v1/keys', { body: values }));
export const deleteKey = (id: string) =>
  api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } });

export const changePassword = (values: { current: string; password: string }) =>
  api.POST('/api/v1/auth/password', { body: values });

export const users = () =>
  queryOptions({
    queryKey: ['users'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/users', { params: { query: { limit: PAGE, after } } })),
  });
export const createUser = (values: { email: string; name: string; password: string }) =>
  body(api.POST('/api/v1/users', { body: values }));
export const deleteUser = (id: string) =>
  api.DELETE('/api/v1/users/{id}', { params: { path: { id } } });
