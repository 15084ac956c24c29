import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Health = Schemas['HealthAnswer'];
export type HealthPart = Schemas['HealthPart'];
export type HealthFact = Schemas['HealthFact'];
export type HealthInstance = Schemas['HealthInstance'];
export type HealthTask = Schemas['HealthTask'];

const EVERY = 10_000; // milliseconds

/** How the server does; asked again by itself while it is shown. */
export const serverHealth = () =>
  queryOptions({
    queryKey: ['server-health'],
    queryFn: () => body(api.GET('/api/v1/admin/health')),
    refetchInterval: EVERY,
    staleTime: 0,
    retry: false,
  });
