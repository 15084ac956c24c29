import { CheckCircle2, CircleSlash, CircleX, LoaderCircle } from 'lucide-react';
import type { QueryState } from '@/api/types';

const ICONS = {
  running: { icon: LoaderCircle, tone: 'text-accent animate-spin', label: 'Running' },
  finished: { icon: CheckCircle2, tone: 'text-success', label: 'Finished' },
  failed: { icon: CircleX, tone: 'text-danger', label: 'Failed' },
  cancelled: { icon: CircleSlash, tone: 'text-faint', label: 'Cancelled' },
};

export function QueryStateIcon({ state }: { state: QueryState }) {
  const { icon: Icon, tone, label } = ICONS[state];
  return <Icon size={14} aria-label={label} className={`shrink-0 ${tone}`} />;
}
