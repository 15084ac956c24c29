import { useQuery } from '@tanstack/react-query';
import type { AccessRequest } from '@/api/requests';
import { savedQuery } from '@/api/query';
import { folderDetails, workspace } from '@/api/workspaces';
import { queryClient } from '@/app/query-client';

/** What people call an object that a request names by its id; undefined for all others. */
function nameOf({ type, object }: AccessRequest): Promise<string> | undefined {
  if (type === 'workspace')
    return queryClient.fetchQuery(workspace(object)).then(({ name }) => name);
  if (type === 'folder')
    return queryClient.fetchQuery(folderDetails(object)).then(({ item }) => item.name);
  if (type === 'saved_query')
    return queryClient.fetchQuery(savedQuery(object)).then(({ name }) => name);
  return undefined;
}

/** "table main.sales.orders", "workspace Sales"; the id of what the reader cannot see. */
export function ObjectName({ request }: { request: AccessRequest }) {
  const byId = ['workspace', 'folder', 'saved_query'].includes(request.type);
  const found = useQuery({
    queryKey: ['request-object', request.type, request.object],
    queryFn: () => nameOf(request) ?? request.object,
    enabled: byId,
    retry: false,
  });
  return (
    <>
      {request.type.replace('_', ' ')} {found.data ?? request.object}
    </>
  );
}
