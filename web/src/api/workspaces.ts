import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Workspace = Schemas['WorkspaceAnswer'];
export type WorkspaceMember = Schemas['MemberAnswer'];
export type WorkspaceItem = Schemas['ItemAnswer'];

export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  time_zone: string;
  language: string;
  editor: { font_size: number; tab_size: number; line_numbers: boolean; word_wrap: boolean };
}

export const workspaces = (archived = false) =>
  queryOptions({
    queryKey: ['workspaces', 'list', archived],
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces', { params: { query: { archived } } }))).items,
  });
export const workspace = (id: string) =>
  queryOptions({
    queryKey: ['workspaces', id],
    queryFn: () =>
      body(api.GET('/api/v1/workspaces/{workspace}', { params: { path: { workspace: id } } })),
  });
export const createWorkspace = (values: { name: string; text?: string }) =>
  body(api.POST('/api/v1/workspaces', { body: values }));
export const changeWorkspace = (
  id: string,
  values: { name?: string; text?: string; archived?: boolean },
) =>
  body(
    api.PATCH('/api/v1/workspaces/{workspace}', {
      params: { path: { workspace: id } },
      body: values,
    }),
  );
export const deleteWorkspace = (id: string) =>
  api.DELETE('/api/v1/workspaces/{workspace}', { params: { path: { workspace: id } } });

export const workspaceMembers = (id: string) =>
  queryOptions({
    queryKey: ['workspaces', id, 'members'],
    queryFn: async () =>
      (
        await body(
          api.GET('/api/v1/workspaces/{workspace}/members', {
            params: { path: { workspace: id } },
          }),
        )
      ).items,
  });
export const setMember = (id: string, principal: string, role: string) =>
  api.PUT('/api/v1/workspaces/{workspace}/members/{principal}', {
    params: { path: { workspace: id, principal } },
    body: { role },
  });
export const removeMember = (id: string, principal: string) =>
  api.DELETE('/api/v1/workspaces/{workspace}/members/{principal}', {
    params: { path: { workspace: id, principal } },
  });
export const workspaceInvitations = (id: string) =>
  queryOptions({
    queryKey: ['workspaces', id, 'invitations'],
    queryFn: async () =>
      (
        await body(
          api.GET('/api/v1/workspaces/{workspace}/invitations', {
            params: { path: { workspace: id } },
          }),
        )
      ).items,
  });
export const inviteToWorkspace = (id: string, values: { email: string; role: string }) =>
  body(
    api.POST('/api/v1/workspaces/{workspace}/invitations', {
      params: { path: { workspace: id } },
      body: values,
    }),
  );
export const revokeWorkspaceInvitation = (id: string) =>
  api.DELETE('/api/v1/workspace-invitations/{id}', { params: { path: { id } } });
export const ownInvitations = () =>
  queryOptions({
    queryKey: ['workspaces', 'own-invitations'],
    queryFn: async () => (await body(api.GET('/api/v1/me/invitations'))).items,
  });
export const answerInvitation = (id: string, accept: boolean) =>
  api.POST('/api/v1/me/invitations/{id}', { params: { path: { id } }, body: { accept } });

export const roles = () =>
  queryOptions({
    queryKey: ['roles'],
    queryFn: async () => (await body(api.GET('/api/v1/roles'))).items,
  });

const PAGE = 100;
/** What a folder holds; a search looks into all folders of the workspace. */
export const folderItems = (id: string, folder: string, search: string, type = '') =>
  infiniteQueryOptions({
    queryKey: ['workspaces', id, 'items', folder, search, type],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/workspaces/{workspace}/items', {
          params: {
            path: { workspace: id },
            query: { folder, search, type, after: pageParam, limit: PAGE },
          },
        }),
      ),
    getNextPageParam: ({ next }) => next,
  });
export const sharedItems = () =>
  queryOptions({
    queryKey: ['workspaces', 'shared'],
    queryFn: async () => (await body(api.GET('/api/v1/me/shared'))).items,
  });
export const folderDetails = (id: string) =>
  queryOptions({
    queryKey: ['workspaces', 'item', id],
    queryFn: () => body(api.GET('/api/v1/items/{id}', { params: { path: { id } } })),
  });
export const createFolder = (id: string, folder: string, name: string) =>
  body(
    api.POST('/api/v1/workspaces/{workspace}/folders', {
      params: { path: { workspace: id } },
      body: { folder, name },
    }),
  );
export const changeItem = (
  id: string,
  values: { name?: string; place?: { workspace: string; folder: string } },
) => body(api.PATCH('/api/v1/items/{id}', { params: { path: { id } }, body: values }));
export const deleteItem = (id: string, with_content: boolean) =>
  api.DELETE('/api/v1/items/{id}', { params: { path: { id }, query: { with_content } } });

export const showPreferences = () => body(api.GET('/api/v1/me/preferences'));
export const savePreferences = (values: Preferences) =>
  body(api.PUT('/api/v1/me/preferences', { body: values }));
