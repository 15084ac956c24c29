import { queryClient } from '@/app/query-client';

/** After a change of documents, of where they lie or of what they are called. */
export const refreshDocuments = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: ['documents'] }),
    queryClient.invalidateQueries({ queryKey: ['workspaces'] }),
  ]);
