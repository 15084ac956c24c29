import { queryClient } from '@/app/query-client';

/** After files have changed: the listings are fetched anew. */
export const refreshFiles = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: ['directory'] });
