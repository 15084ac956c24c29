import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  Bell,
  FileCode2,
  FilePlus2,
  FileText,
  FolderPlus,
  Inbox,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Plus,
  Sun,
  Upload,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { searchQuery } from '@/api/catalog';
import { createDocument, foundDocuments } from '@/api/documents';
import { savedQueries } from '@/api/query';
import type { FoundObject } from '@/api/types';
import { openShortcuts } from '@/app/overlays';
import { PAGES } from '@/app/pages';
import { chooseTheme } from '@/app/preferences';
import { leave } from '@/app/sign-out';
import { toastError } from '@/components/toasts';
import { ObjectIcon } from '@/components/ObjectIcon';
import { openCatalogDialog } from '@/features/catalog/dialogs/store';
import { addTab } from '@/features/sql/tabs';
import { useDebounced } from '@/lib/hooks';

export interface Command {
  id: string;
  group: string;
  label: string;
  detail?: string;
  keys?: string;
  icon: ReactNode;
  run(): void;
}

function matches(text: string, label: string): boolean {
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.toLowerCase().includes(word));
}

function usePageAndActionCommands(): Command[] {
  const navigate = useNavigate();
  const pages = PAGES.map(({ to, label, icon: Icon, keys }) => ({
    id: `page:${to}`,
    group: 'Go to',
    label,
    keys,
    icon: <Icon size={14} />,
    run: () => void navigate({ to }),
  }));
  const action = (label: string, icon: ReactNode, run: () => void, keys?: string): Command => ({
    id: `action:${label}`,
    group: 'Actions',
    label,
    icon,
    run,
    ...(keys && { keys }),
  });
  return [
    ...pages,
    action('New query', <Plus size={14} />, () => {
      addTab();
      void navigate({ to: '/sql' });
    }),
    action('New document', <FilePlus2 size={14} />, () => {
      createDocument({})
        .then(({ id }) => navigate({ to: '/documents/$document', params: { document: id } }))
        .catch((error: unknown) => toastError('Could not make a document', error));
    }),
    action('Mentions and comments', <Bell size={14} />, () => void navigate({ to: '/inbox' })),
    action('Upload files', <Upload size={14} />, () => void navigate({ to: '/files' })),
    action('Create catalog', <FolderPlus size={14} />, () =>
      openCatalogDialog({ kind: 'create-catalog' }),
    ),
    action('Access requests', <Inbox size={14} />, () => void navigate({ to: '/requests' })),
    action('Theme: light', <Sun size={14} />, () => chooseTheme('light')),
    action('Theme: dark', <Moon size={14} />, () => chooseTheme('dark')),
    action('Theme: as the system', <Monitor size={14} />, () => chooseTheme('system')),
    action('Keyboard shortcuts', <Keyboard size={14} />, openShortcuts, '?'),
    action('Sign out', <LogOut size={14} />, () => void leave()),
  ];
}

function useOpenObject(): (found: FoundObject) => void {
  const navigate = useNavigate();
  return ({ kind, catalog, schema, object }) => {
    if (kind === 'volume' && catalog && schema && object) {
      const params = { catalog, schema, volume: object, _splat: '' };
      void navigate({ to: '/files/$catalog/$schema/$volume/$', params });
    } else if (catalog && schema && object) {
      const params = { catalog, schema, table: object };
      void navigate({ to: '/catalog/$catalog/$schema/$table', params });
    } else if (catalog && schema) {
      void navigate({ to: '/catalog/$catalog/$schema', params: { catalog, schema } });
    } else void navigate({ to: '/catalog/$catalog', params: { catalog } });
  };
}

/** What the palette offers for a text: objects found by the server, saved queries, pages, actions. */
export function useCommands(text: string): { commands: Command[]; searching: boolean } {
  const navigate = useNavigate();
  const open = useOpenObject();
  const wanted = text.trim();
  const asked = useDebounced(wanted, 120);
  const found = useQuery({ ...searchQuery(asked), enabled: asked.length > 0 });
  const saved = useQuery(savedQueries());
  const texts = useQuery(foundDocuments(asked));
  const fixed = usePageAndActionCommands();

  // Hits of an earlier, shorter text stay only while they still match.
  const hits = (wanted ? (found.data ?? []) : []).filter(
    (hit) => asked === wanted || matches(wanted, `${hit.name} ${hit.detail}`),
  );
  const objects = hits.map((hit) => ({
    id: `object:${hit.kind}:${hit.name}:${hit.detail}`,
    group: 'Data',
    label: hit.kind === 'column' && hit.detail ? `${hit.name} · ${hit.detail}` : hit.name,
    detail: hit.kind,
    icon: <ObjectIcon kind={hit.kind} />,
    run: () => open(hit),
  }));
  const queries = (saved.data ?? []).map((query) => ({
    id: `query:${query.id}`,
    group: 'Saved queries',
    label: query.name,
    icon: <FileCode2 size={14} />,
    run: () => void navigate({ to: '/sql', search: { q: query.id } }),
  }));
  const documents = (texts.data ?? []).map((document) => ({
    id: `document:${document.id}`,
    group: 'Documents',
    label: document.title,
    icon: <FileText size={14} />,
    run: () => void navigate({ to: '/documents/$document', params: { document: document.id } }),
  }));
  const commands = wanted
    ? [
        ...objects,
        ...(asked === wanted ? documents : []),
        ...[...queries, ...fixed].filter((command) => matches(wanted, command.label)),
      ]
    : [...fixed, ...documents.slice(0, 5), ...queries.slice(0, 5)];
  return { commands, searching: found.isFetching || asked !== wanted };
}
