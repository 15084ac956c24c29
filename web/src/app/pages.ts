import {
  Activity,
  Boxes,
  FileText,
  FolderOpen,
  House,
  Library,
  Settings,
  SquareTerminal,
  type LucideIcon,
} from 'lucide-react';

export interface PageLink {
  to:
    '/' | '/sql' | '/catalog' | '/files' | '/documents' | '/workspaces' | '/queries' | '/settings';
  label: string;
  icon: LucideIcon;
  keys: string;
}

/** The parts of the workspace, in the order of the rail. */
export const PAGES: PageLink[] = [
  { to: '/', label: 'Home', icon: House, keys: 'g then h' },
  { to: '/sql', label: 'SQL', icon: SquareTerminal, keys: 'g then s' },
  { to: '/catalog', label: 'Catalog', icon: Library, keys: 'g then c' },
  { to: '/files', label: 'Files', icon: FolderOpen, keys: 'g then f' },
  { to: '/documents', label: 'Documents', icon: FileText, keys: 'g then d' },
  { to: '/workspaces', label: 'Workspaces', icon: Boxes, keys: 'g then w' },
  { to: '/queries', label: 'Queries', icon: Activity, keys: 'g then q' },
  { to: '/settings', label: 'Settings', icon: Settings, keys: 'g then k' },
];
