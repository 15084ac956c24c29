import { Clock } from 'lucide-react';
import { QueryStateIcon } from '@/features/sql/QueryStateIcon';
import type { Run } from '@/features/sql/runs';

export function RunStateIcon({ state }: { state: Run['state'] }) {
  if (state === 'waiting') return <Clock size={14} aria-label="Waiting" className="text-faint" />;
  return <QueryStateIcon state={state === 'done' ? 'finished' : state} />;
}
