import { queryOptions } from '@tanstack/react-query';
import { allItems, api, body, PAGE } from '@/api/client';
import type { components } from '@/api/schema';
import { BASE } from '@/lib/base';

type Schemas = components['schemas'];
export type OfferedProvider = Schemas['OfferedProvider'];
export type SignInProvider = Schemas['ProviderAnswer'];
export type SignInProviderValues = Schemas['ProviderRequest'];
export type LinkedIdentity = Schemas['LinkedIdentity'];

const ONE = '/api/v1/sso/providers/{id}';

// Without signing in.
export const offeredProviders = () =>
  queryOptions({
    queryKey: ['offered-providers'],
    queryFn: async () => (await body(api.GET('/api/v1/auth/sso'))).items,
    staleTime: 60_000,
  });
export const lookUpSignIn = async (email: string) =>
  (await body(api.POST('/api/v1/auth/sso/lookup', { body: { email } }))).provider;

/** Where a sign-in with the provider begins; the server leads on from there. */
export const startUrl = (slug: string, next: string): string =>
  `${BASE}/api/v1/auth/sso/${encodeURIComponent(slug)}/start?next=${encodeURIComponent(next)}`;

// The own account.
export const identities = () =>
  queryOptions({
    queryKey: ['identities'],
    queryFn: async () => (await body(api.GET('/api/v1/auth/identities'))).items,
  });
export const linkIdentity = async (slug: string, next: string) =>
  (
    await body(
      api.POST('/api/v1/auth/sso/{slug}/link', { params: { path: { slug } }, body: { next } }),
    )
  ).url;
export const unlinkIdentity = (id: string) =>
  api.DELETE('/api/v1/auth/identities/{id}', { params: { path: { id } } });

// Administrators.
export const signInProviders = () =>
  queryOptions({
    queryKey: ['sign-in-providers'],
    queryFn: async () => (await body(api.GET('/api/v1/sso/providers'))).items,
  });
export const createProvider = (values: SignInProviderValues) =>
  body(api.POST('/api/v1/sso/providers', { body: values }));
export const replaceProvider = (id: string, values: SignInProviderValues) =>
  body(api.PUT(ONE, { params: { path: { id } }, body: values }));
export const deleteProvider = (id: string) => api.DELETE(ONE, { params: { path: { id } } });
export const checkProvider = (id: string) => api.POST(`${ONE}/check`, { params: { path: { id } } });

export const createScimToken = (id: string) =>
  body(api.POST(`${ONE}/scim-token`, { params: { path: { id } } }));
export const deleteScimToken = (id: string) =>
  api.DELETE(`${ONE}/scim-token`, { params: { path: { id } } });

export const groups = () =>
  queryOptions({
    queryKey: ['groups'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/groups', { params: { query: { limit: PAGE, after } } })),
  });
