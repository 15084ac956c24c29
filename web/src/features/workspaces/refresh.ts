import { queryClient } from '@/app/query-client';

/** After a change of workspaces, members or what is in folders. */
export const refreshWorkspaces = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: ['workspaces'] }),
    queryClient.invalidateQueries({ queryKey: ['saved-queries'] }),
  ]);
