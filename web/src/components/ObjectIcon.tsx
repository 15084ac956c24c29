import {
  Columns3,
  Database,
  Eye,
  Folder,
  HardDrive,
  Link2,
  Table2,
  type LucideIcon,
} from 'lucide-react';

const ICONS: Record<string, LucideIcon> = {
  catalog: Database,
  schema: Folder,
  table: Table2,
  managed: Table2,
  external: Link2,
  view: Eye,
  volume: HardDrive,
  column: Columns3,
};

export function ObjectIcon({ kind, size = 14 }: { kind: string; size?: number }) {
  const Icon = ICONS[kind] ?? Table2;
  return <Icon size={size} className="shrink-0 text-faint" aria-hidden />;
}
