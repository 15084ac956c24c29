import type { Health, HealthFact, HealthInstance, HealthPart, HealthTask } from '@/api/health';
import { formatAgo, formatBytes, formatCount, formatDuration, formatFullTime } from '@/lib/format';

/** The words for each state; a colour alone says nothing to some. */
export const STATES = {
  ok: 'Works',
  warning: 'Look at it',
  failing: 'Failing',
  off: 'Not set up',
  away: 'Away',
  running: 'Running',
} as const;
export type State = keyof typeof STATES;

const ago = (iso: string) => formatAgo(iso).replace(/^now$/, 'just now');

const WHOLE = {
  ok: 'Everything works',
  warning: 'It works; something wants to be looked at',
  failing: 'Something is failing',
} as const;
export const wholeText = ({ state }: Health): string => WHOLE[state];

function amount(unit: HealthFact['unit'], value: number): string {
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'percent') return `${formatCount(Math.round(value))} %`;
  if (unit === 'milliseconds') return value < 1 ? '< 1 ms' : formatDuration(value);
  return formatCount(value);
}

/** "12", "1.5 GB of 4 GB". */
export function factText({ unit, value, most, text }: HealthFact): string {
  if (value === undefined) return text ?? '';
  const told = amount(unit, value);
  return most === undefined || unit === 'percent' ? told : `${told} of ${amount(unit, most)}`;
}

/** How full it is, 0 to 1; undefined where there is no limit. */
export const shareOf = ({ value, most }: HealthFact): number | undefined =>
  value === undefined || !most ? undefined : Math.min(1, Math.max(0, value / most));

/** "up for 3 hours" */
export function upSince(started: string, now: string): string {
  const ms = new Date(now).getTime() - new Date(started).getTime();
  const days = Math.floor(ms / 86_400_000);
  return days >= 2 ? `${formatCount(days)} days` : formatDuration(Math.max(0, ms));
}

/** "ran 3 minutes ago, next in 23 hours" */
export function taskText({ state, ended_at, next_at, started_at }: HealthTask): string {
  const parts = [
    state === 'running' && started_at && `began ${ago(started_at)}`,
    state !== 'running' && ended_at && `ran ${ago(ended_at)}`,
    next_at && `next ${formatAgo(next_at)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

export const seenText = ({ self, seen_seconds_ago }: HealthInstance): string =>
  self ? 'answers this page' : `seen ${formatDuration(seen_seconds_ago * 1000)} ago`;

function partLines({ name, state, text, facts }: HealthPart): string[] {
  return [
    `${name}: ${STATES[state]}${text ? `. ${text}` : ''}`,
    ...facts.map((fact) => `  ${fact.label}: ${factText(fact)}`),
  ];
}

/** All of it as text, for a letter or an issue. */
export function healthText(health: Health): string {
  const { version, checked_at, started_at, parts, instances, tasks } = health;
  return [
    `OpenBricks ${version}, ${formatFullTime(checked_at)}: ${wholeText(health)}`,
    `Up for ${upSince(started_at, checked_at)}`,
    '',
    ...parts.flatMap(partLines),
    '',
    'Instances:',
    ...instances.flatMap((one) => [
      `  ${one.host} ${one.version} (${one.roles.join(', ')}): ${STATES[one.state]}, ${seenText(one)}`,
      ...one.problems.map((problem) => `    ${problem}`),
    ]),
    '',
    'Work in the background:',
    ...tasks.map((task) => {
      const when = taskText(task);
      return `  ${task.name}: ${STATES[task.state]}${when && `, ${when}`}${task.error ? `. ${task.error}` : ''}`;
    }),
  ].join('\n');
}
