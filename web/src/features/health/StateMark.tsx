import {
  CircleCheck,
  CircleDashed,
  CircleX,
  LoaderCircle,
  TriangleAlert,
  WifiOff,
  type LucideIcon,
} from 'lucide-react';
import { STATES, type State } from '@/features/health/facts';

const LOOKS: Record<State, { icon: LucideIcon; tone: string }> = {
  ok: { icon: CircleCheck, tone: 'text-success' },
  warning: { icon: TriangleAlert, tone: 'text-warning' },
  failing: { icon: CircleX, tone: 'text-danger' },
  off: { icon: CircleDashed, tone: 'text-muted' },
  away: { icon: WifiOff, tone: 'text-warning' },
  running: { icon: LoaderCircle, tone: 'text-accent' },
};

/** A state by its sign and its word, and only then by its colour. */
export function StateMark({ state }: { state: State }) {
  const { icon: Icon, tone } = LOOKS[state];
  return (
    <span className={`inline-flex shrink-0 items-center gap-1 text-sm font-medium ${tone}`}>
      <Icon size={14} aria-hidden />
      {STATES[state]}
    </span>
  );
}

export function StateIcon({ state, size = 20 }: { state: State; size?: number }) {
  const { icon: Icon, tone } = LOOKS[state];
  return <Icon size={size} aria-hidden className={`shrink-0 ${tone}`} />;
}
