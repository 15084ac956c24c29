import { queryOptions } from '@tanstack/react-query';
import { allItems, api, body, PAGE } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Permissions = Schemas['PermissionsAnswer'];
export type Grant = Schemas['GrantAnswer'];
export type Principal = Schemas['PrincipalAnswer'];
export type Role = Schemas['RoleAnswer'];
export type Group = Schemas['GroupAnswer'];
export type Privilege = Role['privileges'][number];
export type Explanation = Schemas['ExplainAnswer'];
export type Reason = Explanation['reasons'][number];
export type SecuredType = Permissions['object']['type'] | 'document';

/** What is shared: its type, and what it is called there ("main.sales.orders", an id). */
export interface Secured {
  type: SecuredType;
  object: string;
}

const OBJECT = '/api/v1/permissions/{type}/{object}';
const ONE = '/api/v1/permissions/{type}/{object}/{principal}';
const GROUP = '/api/v1/groups/{id}';
const MEMBER = '/api/v1/groups/{id}/members/{principal}';
const ROLE = '/api/v1/roles/{id}';
const FOUND = 20; // people and groups that a search shows

const pathOf = ({ type, object }: Secured) => ({
  type: type as Permissions['object']['type'],
  object,
});

export const permissions = (secured: Secured) =>
  queryOptions({
    queryKey: ['permissions', secured.type, secured.object],
    queryFn: () => body(api.GET(OBJECT, { params: { path: pathOf(secured) } })),
  });
export const setGrant = (
  secured: Secured,
  principal: string,
  values: { role: string } | { privileges: Privilege[] },
) => api.PUT(ONE, { params: { path: { ...pathOf(secured), principal } }, body: values });
export const removeGrant = (secured: Secured, principal: string) =>
  api.DELETE(ONE, { params: { path: { ...pathOf(secured), principal } } });
export const explainPermission = (secured: Secured, principal: string, privilege: Privilege) =>
  queryOptions({
    queryKey: ['permissions', secured.type, secured.object, 'explain', principal, privilege],
    queryFn: () =>
      body(
        api.GET(`${ONE}/explain`, {
          params: { path: { ...pathOf(secured), principal }, query: { privilege } },
        }),
      ),
  });
export const transferOwnership = (secured: Secured, principal: string) =>
  api.PUT('/api/v1/owners/{type}/{object}', {
    params: { path: pathOf(secured) },
    body: { principal },
  });

export const principals = (search: string) =>
  queryOptions({
    queryKey: ['principals', search],
    queryFn: async () =>
      (
        await body(
          api.GET('/api/v1/principals', {
            params: { query: { limit: FOUND, ...(search && { search }) } },
          }),
        )
      ).items,
    staleTime: 10_000,
  });

export const roles = () =>
  queryOptions({
    queryKey: ['roles'],
    queryFn: async () => (await body(api.GET('/api/v1/roles'))).items,
    staleTime: 30_000,
  });
export interface RoleValues {
  name: string;
  text: string;
  privileges: Privilege[];
}
export const createRole = (values: RoleValues) => body(api.POST('/api/v1/roles', { body: values }));
export const changeRole = (id: string, values: RoleValues) =>
  body(api.PUT(ROLE, { params: { path: { id } }, body: values }));
export const deleteRole = (id: string) => api.DELETE(ROLE, { params: { path: { id } } });

export const groups = () =>
  queryOptions({
    queryKey: ['groups'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/groups', { params: { query: { limit: PAGE, after } } })),
  });
export const createGroup = (name: string) => body(api.POST('/api/v1/groups', { body: { name } }));
export const renameGroup = (id: string, name: string) =>
  api.PATCH(GROUP, { params: { path: { id } }, body: { name } });
export const deleteGroup = (id: string) => api.DELETE(GROUP, { params: { path: { id } } });
export const groupMembers = (id: string) =>
  queryOptions({
    queryKey: ['groups', id, 'members'],
    queryFn: async () =>
      (await body(api.GET(`${GROUP}/members`, { params: { path: { id } } }))).items,
  });
export const addMember = (id: string, principal: string) =>
  api.PUT(MEMBER, { params: { path: { id, principal } } });
export const removeMember = (id: string, principal: string) =>
  api.DELETE(MEMBER, { params: { path: { id, principal } } });
