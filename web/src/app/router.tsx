import { createRootRoute, createRoute, createRouter, Outlet } from '@tanstack/react-router';
import { reportError } from '@/api/page-errors';
import type { DocumentQuery } from '@/api/documents';
import { DOCUMENT_FILTERS, DOCUMENT_SORTS } from '@/app/document-lists';
import type { QueryFilter } from '@/api/query';
import { lazyPage } from '@/app/lazy-page';
import { NotFoundPage, RouteError } from '@/app/RouteError';
import { Shell } from '@/app/Shell';
import { SignInPage } from '@/features/auth/SignInPage';
import { HomePage } from '@/features/home/HomePage';
import { BASE } from '@/lib/base';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const TABLE_TABS = [
  'overview',
  'preview',
  'history',
  'files',
  'maintenance',
  'details',
] as const;
export type TableTab = (typeof TABLE_TABS)[number];
interface TableSearch {
  tab?: TableTab;
  version?: number;
  at?: number;
  from?: number;
  to?: number;
}

interface SignInSearch {
  next?: string;
  signed?: 'in';
  problem?: string;
  request?: string;
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  // signed: a provider's sign-in succeeded. problem, request: why it did not, and where to look.
  validateSearch: (search: Record<string, unknown>): SignInSearch => {
    const next = text(search.next);
    const problem = text(search.problem);
    const request = text(search.request);
    return {
      ...(next?.startsWith('/') && !next.startsWith('//') && { next }),
      ...(search.signed === 'in' && { signed: 'in' as const }),
      ...(problem && { problem }),
      ...(request && { request }),
    };
  },
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  component: lazyPage(() => import('@/features/auth/SignUpPage'), 'SignUpPage'),
});
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyPage(() => import('@/features/auth/ForgotPasswordPage'), 'ForgotPasswordPage'),
});
// Where links of letters lead; what they prove stands behind #token=.
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  component: lazyPage(() => import('@/features/auth/ResetPasswordPage'), 'ResetPasswordPage'),
});
const acceptInvitation = createRoute({
  getParentRoute: () => root,
  path: '/accept-invitation',
  component: lazyPage(() => import('@/features/auth/InvitationPage'), 'InvitationPage'),
});
const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  component: lazyPage(() => import('@/features/auth/ConfirmPages'), 'VerifyEmailPage'),
});
const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: '/confirm-email',
  component: lazyPage(() => import('@/features/auth/ConfirmPages'), 'ConfirmEmailPage'),
});

// Where applications send browsers; its query is what they ask.
const oauthAuthorize = createRoute({
  getParentRoute: () => root,
  path: '/oauth/authorize',
  component: lazyPage(() => import('@/features/oauth/AuthorizePage'), 'AuthorizePage'),
});

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

const home = createRoute({ getParentRoute: () => shell, path: '/', component: HomePage });

const catalog = createRoute({
  getParentRoute: () => shell,
  path: '/catalog',
  component: lazyPage(() => import('@/features/catalog/CatalogLayout'), 'CatalogLayout'),
});
const catalogIndex = createRoute({
  getParentRoute: () => catalog,
  path: '/',
  component: lazyPage(() => import('@/features/catalog/CatalogsPage'), 'CatalogsPage'),
});
const catalogOne = createRoute({
  getParentRoute: () => catalog,
  path: '$catalog',
  component: lazyPage(() => import('@/features/catalog/CatalogPage'), 'CatalogPage'),
});
const catalogSchema = createRoute({
  getParentRoute: () => catalog,
  path: '$catalog/$schema',
  component: lazyPage(() => import('@/features/catalog/SchemaPage'), 'SchemaPage'),
});
const table = createRoute({
  getParentRoute: () => catalog,
  path: '$catalog/$schema/$table',
  component: lazyPage(() => import('@/features/table/TablePage'), 'TablePage'),
  // version: the one that is shown. at: where the history begins. from, to: two that are compared.
  validateSearch: (search: Record<string, unknown>): TableSearch => {
    const tab = TABLE_TABS.find((name) => name === search.tab);
    const versions = (['version', 'at', 'from', 'to'] as const).flatMap((key) => {
      const number = Number(search[key]);
      const known = search[key] !== undefined && Number.isInteger(number) && number >= 0;
      return known ? [[key, number]] : [];
    });
    return { ...(tab && { tab }), ...Object.fromEntries(versions) };
  },
});

const sql = createRoute({
  getParentRoute: () => shell,
  path: '/sql',
  component: lazyPage(() => import('@/features/sql/SqlPage'), 'SqlPage'),
  // q: a saved query's id. text: a statement to open in a new tab.
  validateSearch: (search: Record<string, unknown>): { q?: string; text?: string } => {
    const q = text(search.q);
    const sqlText = text(search.text);
    return { ...(q && { q }), ...(sqlText && { text: sqlText }) };
  },
});

// append: the full name of a table that a file's rows are to be added to.
const validateAppend = (search: Record<string, unknown>): { append?: string } => {
  const append = text(search.append);
  return append ? { append } : {};
};

const files = createRoute({
  getParentRoute: () => shell,
  path: '/files',
  component: lazyPage(() => import('@/features/files/VolumesPage'), 'VolumesPage'),
  validateSearch: validateAppend,
});
const filesVolume = createRoute({
  getParentRoute: () => shell,
  path: '/files/$catalog/$schema/$volume/$',
  component: lazyPage(() => import('@/features/files/FilesPage'), 'FilesPage'),
  validateSearch: validateAppend,
});

const workspaces = createRoute({
  getParentRoute: () => shell,
  path: '/workspaces',
  component: lazyPage(() => import('@/features/workspaces/WorkspacesPage'), 'WorkspacesPage'),
});
const workspace = createRoute({
  getParentRoute: () => shell,
  path: '/workspaces/$workspace',
  component: lazyPage(() => import('@/features/workspaces/WorkspacePage'), 'WorkspacePage'),
  // folder: the id of the one that is shown.
  validateSearch: (search: Record<string, unknown>): { folder?: string; tab?: 'members' } => {
    const folder = text(search.folder);
    return { ...(folder && { folder }), ...(search.tab === 'members' && { tab: 'members' }) };
  },
});

const documents = createRoute({
  getParentRoute: () => shell,
  path: '/documents',
  component: lazyPage(() => import('@/features/documents/list/DocumentsPage'), 'DocumentsPage'),
  validateSearch: (search: Record<string, unknown>): DocumentQuery => {
    const filter = DOCUMENT_FILTERS.find((name) => name === search.filter);
    const sort = DOCUMENT_SORTS.find((name) => name === search.sort);
    const words = text(search.text);
    const inside = text(search.workspace);
    const folder = text(search.folder);
    return {
      ...(filter && { filter }),
      ...(sort && { sort }),
      ...(words && { text: words }),
      ...(inside && { workspace: inside }),
      ...(folder && { folder }),
    };
  },
});
const document = createRoute({
  getParentRoute: () => shell,
  path: '/documents/$document',
  component: lazyPage(() => import('@/features/documents/editor/DocumentPage'), 'DocumentPage'),
  // share: what a share link gave. comment: the thread to open.
  validateSearch: (search: Record<string, unknown>): { share?: string; comment?: string } => {
    const share = text(search.share);
    const comment = text(search.comment);
    return { ...(share && { share }), ...(comment && { comment }) };
  },
});
const inbox = createRoute({
  getParentRoute: () => shell,
  path: '/inbox',
  component: lazyPage(() => import('@/features/documents/inbox/InboxPage'), 'InboxPage'),
});

const QUERY_STATES = ['running', 'finished', 'failed', 'cancelled'] as const;

const queries = createRoute({
  getParentRoute: () => shell,
  path: '/queries',
  component: lazyPage(() => import('@/features/queries/QueriesPage'), 'QueriesPage'),
  validateSearch: (search: Record<string, unknown>): QueryFilter => {
    const state = QUERY_STATES.find((name) => name === search.state);
    const user = text(search.user);
    const words = text(search.text);
    return { ...(state && { state }), ...(user && { user }), ...(words && { text: words }) };
  },
});

const device = createRoute({
  getParentRoute: () => shell,
  path: '/device',
  component: lazyPage(() => import('@/features/auth/DevicePage'), 'DevicePage'),
  // code: what the program shows.
  validateSearch: (search: Record<string, unknown>): { code?: string } => {
    const code = text(search.code);
    return code ? { code } : {};
  },
});

// Where letters about access lead.
const requests = createRoute({
  getParentRoute: () => shell,
  path: '/requests',
  component: lazyPage(() => import('@/features/requests/RequestsPage'), 'RequestsPage'),
});

const SETTINGS_TABS = [
  'keys',
  'account',
  'preferences',
  'users',
  'services',
  'groups',
  'roles',
  'sign-on',
  'storage',
  'audit',
  'health',
] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyPage(() => import('@/features/keys/SettingsPage'), 'SettingsPage'),
  validateSearch: (search: Record<string, unknown>): { tab?: SettingsTab } => {
    const tab = SETTINGS_TABS.find((name) => name === search.tab);
    return tab ? { tab } : {};
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signUp,
    forgotPassword,
    resetPassword,
    acceptInvitation,
    verifyEmail,
    confirmEmail,
    oauthAuthorize,
    shell.addChildren([
      home,
      catalog.addChildren([catalogIndex, catalogOne, catalogSchema, table]),
      sql,
      files,
      filesVolume,
      workspaces,
      workspace,
      documents,
      document,
      inbox,
      queries,
      settings,
      requests,
      device,
    ]),
  ]),
  basepath: BASE || '/',
  defaultErrorComponent: RouteError,
  defaultOnCatch: reportError,
  defaultNotFoundComponent: NotFoundPage,
  defaultPreload: 'intent',
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
