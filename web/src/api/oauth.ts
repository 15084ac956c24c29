import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Application = Schemas['ClientAnswer'];
export type ApplicationValues = Schemas['ClientRequest'];
export type Consent = Schemas['ConsentAnswer'];
export type Authorization = Schemas['AuthorizeRequest'];

const ONE = '/api/v1/oauth/clients/{id}';

export const authorize = (values: Authorization) =>
  body(api.POST('/api/v1/oauth/authorize', { body: values }));

// The own account.
export const consents = () =>
  queryOptions({
    queryKey: ['consents'],
    queryFn: async () => (await body(api.GET('/api/v1/oauth/consents'))).items,
  });
export const withdrawConsent = (id: string) =>
  api.DELETE('/api/v1/oauth/consents/{id}', { params: { path: { id } } });

// Administrators.
export const applications = () =>
  queryOptions({
    queryKey: ['applications'],
    queryFn: async () => (await body(api.GET('/api/v1/oauth/clients'))).items,
  });
export const openidIssuer = () =>
  queryOptions({
    queryKey: ['openid-issuer'],
    queryFn: async () => (await body(api.GET('/.well-known/openid-configuration'))).issuer,
  });
export const createApplication = (values: ApplicationValues) =>
  body(api.POST('/api/v1/oauth/clients', { body: values }));
export const replaceApplication = (id: string, values: Omit<ApplicationValues, 'confidential'>) =>
  body(api.PUT(ONE, { params: { path: { id } }, body: values }));
export const renewSecret = (id: string) =>
  body(api.POST(`${ONE}/secret`, { params: { path: { id } } }));
export const deleteApplication = (id: string) => api.DELETE(ONE, { params: { path: { id } } });
