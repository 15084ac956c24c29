import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '@/components/IconButton';

interface Props {
  title: string;
  actions?: ReactNode;
  onClose(): void;
  children: ReactNode;
}

/** What stands beside the text; on a phone over it. */
export function SidePanel({ title, actions, onClose, children }: Props) {
  return (
    <aside
      aria-label={title}
      className="no-print flex w-80 shrink-0 flex-col border-l border-line bg-panel max-md:absolute max-md:inset-0 max-md:z-30 max-md:w-full"
    >
      <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-3">
        <h2 className="flex-1">{title}</h2>
        {actions}
        <IconButton small label={`Close ${title.toLowerCase()}`} onClick={onClose}>
          <X size={14} />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-3">{children}</div>
    </aside>
  );
}
