import type { AuditFilter } from '@/api/audit';
import type { AuditEntry } from '@/api/types';

export const PERIODS = [
  { id: '', label: 'All times' },
  { id: '1', label: 'Last 24 hours' },
  { id: '7', label: 'Last 7 days' },
  { id: '30', label: 'Last 30 days' },
] as const;

export const KINDS = [
  { id: '', label: 'All actions' },
  { id: 'auth.*', label: 'Sign-ins and accounts' },
  { id: 'permission.*', label: 'Grants' },
  { id: 'group.*', label: 'Groups' },
  { id: 'admin.*', label: 'Administration' },
  { id: 'key.*', label: 'API keys' },
  { id: 'serviceAccount.*', label: 'Service accounts' },
  { id: 'table.*', label: 'Tables' },
  { id: 'file.*', label: 'Files' },
  { id: 'audit.*', label: 'The audit log' },
] as const;

/** What is chosen on the page. */
export interface AuditChoice {
  actor: string;
  object: string;
  action: string;
  outcome: AuditEntry['outcome'] | '';
  days: string;
}

export const NOTHING: AuditChoice = { actor: '', object: '', action: '', outcome: '', days: '' };

const DAY = 24 * 60 * 60 * 1000; // milliseconds

/** A word finds all that begin with it. */
const beginning = (text: string) => {
  const word = text.trim();
  return word === '' ? undefined : word.endsWith('*') ? word : `${word}*`;
};

/** As the server takes it; times count back from `now`, in milliseconds. */
export function filterOf(choice: AuditChoice, now: number): AuditFilter {
  const from = choice.days && new Date(now - Number(choice.days) * DAY).toISOString();
  return {
    actor: beginning(choice.actor),
    object: beginning(choice.object),
    action: choice.action || undefined,
    outcome: choice.outcome || undefined,
    from: from || undefined,
  };
}
