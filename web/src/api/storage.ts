import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type StorageCredential = Schemas['StorageCredentialItem'];
export type StorageTest = Schemas['StorageTest'];
export type CreateStorageCredential = Schemas['CreateStorageCredential'];
export type ChangeStorageCredential = Partial<Omit<CreateStorageCredential, 'name'>>;

const ONE = '/api/v1/storage-credentials/{name}';

export const storageCredentials = () =>
  queryOptions({
    queryKey: ['storage-credentials'],
    queryFn: async () => (await body(api.GET('/api/v1/storage-credentials'))).items,
  });

export const createStorageCredential = (values: CreateStorageCredential) =>
  body(api.POST('/api/v1/storage-credentials', { body: values }));
export const changeStorageCredential = (name: string, values: ChangeStorageCredential) =>
  body(api.PATCH(ONE, { params: { path: { name } }, body: values }));
export const testStorageCredential = async (name: string) =>
  (await body(api.POST(`${ONE}/test`, { params: { path: { name } } }))).items;
export const deleteStorageCredential = (name: string) =>
  api.DELETE(ONE, { params: { path: { name } } });
