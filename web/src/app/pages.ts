import {
  FolderOpen,
  House,
  Library,
  Settings,
  SquareTerminal,
  type LucideIcon,
} from 'lucide-react';

export interface PageLink {
  to: '/' | '/sql' | '/catalog' | '/files' | '/settings';
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
  { to: '/settings', label: 'Settings', icon: Settings, keys: 'g then k' },
];
