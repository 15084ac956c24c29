import { queryOptions } from '@tanstack/react-query';
import { getAll, path, send, sendJson } from '@/api/http';
import type { ApiKey, User } from '@/api/types';

export const apiKeys = () =>
  queryOptions({ queryKey: ['keys'], queryFn: () => getAll<ApiKey>('/keys') });
export const createKey = (json: { name: string; expires_at?: string }) =>
  sendJson<ApiKey & { key: string }>('POST', '/keys', { json });
export const deleteKey = (id: string) => send('DELETE', path`/keys/${id}`);

export const changePassword = (json: { current: string; password: string }) =>
  send('POST', '/auth/password', { json });

export const users = () =>
  queryOptions({ queryKey: ['users'], queryFn: () => getAll<User>('/users') });
export const createUser = (json: { email: string; name: string; password: string }) =>
  sendJson<User>('POST', '/users', { json });
export const deleteUser = (id: string) => send('DELETE', path`/users/${id}`);
