import { X } from 'lucide-react';
import { IconButton } from '@/components/IconButton';
import type { Sendings } from '@/features/documents/editor/attach';
import { formatPercent } from '@/lib/format';
import { useStore } from '@/lib/store';

/** Files on their way to the server. */
export function SendingList({ sendings }: { sendings: Sendings }) {
  const all = useStore(sendings);
  if (all.length === 0) return null;
  return (
    <ul
      aria-label="Files on their way"
      className="no-print absolute bottom-3 left-1/2 z-20 w-80 max-w-[90%] -translate-x-1/2 rounded-lg border border-line bg-raised p-2 shadow-pop"
    >
      {all.map(({ id, name, bytes, sent, stop }) => (
        <li key={id} className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <progress aria-label={`Sending ${name}`} max={bytes || 1} value={sent} className="w-20" />
          <span className="num w-10 text-right text-sm text-muted">
            {formatPercent(bytes ? sent / bytes : 0)}
          </span>
          <IconButton small label={`Stop sending ${name}`} onClick={stop}>
            <X size={14} />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
