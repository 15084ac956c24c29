import { queryOptions } from '@tanstack/react-query';
import { allItems, api, body, PAGE } from '@/api/client';
import type { Scope } from '@/api/types';

export const apiKeys = () =>
  queryOptions({
    queryKey: ['keys'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/keys', { params: { query: { limit: PAGE, after } } })),
  });
export const createKey = (values: { name: string; expires_at?: string; scopes?: Scope[] }) =>
  body(api.POST('/api/v1/keys', { body: values }));
export const deleteKey = (id: string) =>
  api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } });

export const changePassword = (values: { current: string; password: string }) =>
  api.POST('/api/v1/auth/password', { body: values });

export const users = () =>
  queryOptions({
    queryKey: ['users'],
    queryFn: () =>
      allItems((after) => api.GET('/api/v1/users', { params: { query: { limit: PAGE, after } } })),
  });
export const createUser = (values: { email: string; name: string; password: string }) =>
  body(api.POST('/api/v1/users', { body: values }));
export const deleteUser = (id: string) =>
  api.DELETE('/api/v1/users/{id}', { params: { path: { id } } });
export const changeUser = (
  id: string,
  values: { name?: string; admin?: boolean; disabled?: boolean },
) => api.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body: values });
export const setTemporaryPassword = (id: string, password: string) =>
  api.POST('/api/v1/users/{id}/password', { params: { path: { id } }, body: { password } });
export const sendReset = (id: string) =>
  api.POST('/api/v1/users/{id}/reset', { params: { path: { id } } });
export const resetSecondFactor = (id: string) =>
  api.DELETE('/api/v1/users/{id}/second-factor', { params: { path: { id } } });

export const invitations = () =>
  queryOptions({
    queryKey: ['invitations'],
    queryFn: async () => (await body(api.GET('/api/v1/invitations'))).items,
  });
export const invite = (values: { email: string; admin: boolean }) =>
  body(api.POST('/api/v1/invitations', { body: values }));
export const revokeInvitation = (id: string) =>
  api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } });

// Without signing in.
export const authSettings = () =>
  queryOptions({
    queryKey: ['auth-settings'],
    queryFn: () => body(api.GET('/api/v1/auth/settings')),
  });
export const register = (values: { email: string; name: string; password: string }) =>
  api.POST('/api/v1/auth/register', { body: values });
export const resendVerification = (email: string) =>
  api.POST('/api/v1/auth/resend', { body: { email } });
export const verifyEmail = (token: string) => api.POST('/api/v1/auth/verify', { body: { token } });
export const showInvitation = (token: string) =>
  body(api.POST('/api/v1/auth/invitation', { body: { token } }));
export const forgotPassword = (email: string) =>
  api.POST('/api/v1/auth/forgot', { body: { email } });
export const resetPassword = (values: { token: string; password: string }) =>
  api.POST('/api/v1/auth/reset', { body: values });
export const confirmEmail = (token: string) =>
  api.POST('/api/v1/auth/email/confirm', { body: { token } });

// The own account.
export const rename = (name: string) => api.PATCH('/api/v1/auth/me', { body: { name } });
export const changeEmail = (values: { email: string; password: string }) =>
  api.POST('/api/v1/auth/email', { body: values });
export const deleteAccount = (values: { password: string; code?: string }) =>
  api.POST('/api/v1/auth/delete', { body: values });
export const sessions = () =>
  queryOptions({
    queryKey: ['sessions'],
    queryFn: async () => (await body(api.GET('/api/v1/auth/sessions'))).items,
  });
export const endSession = (id: string) =>
  api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } });
export const endOtherSessions = () => api.DELETE('/api/v1/auth/sessions');
export const secondFactor = () =>
  queryOptions({
    queryKey: ['second-factor'],
    queryFn: () => body(api.GET('/api/v1/auth/second-factor')),
  });
export const enrolSecondFactor = (password: string) =>
  body(api.POST('/api/v1/auth/second-factor/enrol', { body: { password } }));
export const confirmSecondFactor = (code: string) =>
  body(api.POST('/api/v1/auth/second-factor/confirm', { body: { code } }));
export const disableSecondFactor = (values: { password: string; code: string }) =>
  api.POST('/api/v1/auth/second-factor/disable', { body: values });

// Programs that sign in through the page.
export const showDevice = (user_code: string) =>
  body(api.POST('/api/v1/auth/device/show', { body: { user_code } }));
export const decideDevice = (values: { user_code: string; approve: boolean }) =>
  api.POST('/api/v1/auth/device/decide', { body: values });
