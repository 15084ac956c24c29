import { useState } from 'react';
import type { AuditEntry } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { DisclosureButton } from '@/components/DisclosureButton';
import { formatFullTime } from '@/lib/format';

const TONES = { allowed: 'neutral', denied: 'warning', failed: 'danger' } as const;

function Facts({ entry }: { entry: AuditEntry }) {
  const details = entry.details as Record<string, unknown>;
  const facts: [string, string | undefined][] = [
    ['Time', formatFullTime(entry.time)],
    ['As', entry.acting_as?.name],
    ['Error', entry.error && `${entry.error} (${entry.status})`],
    ['From', entry.address],
    ['Program', entry.user_agent],
    ['Object', [entry.object.type, entry.object.id].filter(Boolean).join(' ')],
    ['Statement', entry.statement_id],
    ['Session', entry.session_id],
    ['Credential', entry.credential_id],
    ['Request', entry.request_id],
    ...Object.entries(details).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 px-10 pb-3 text-sm">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-all">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function AuditRow({ entry }: { entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  const who = entry.actor.name || entry.actor.kind;
  return (
    <li className="border-b border-line last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-2 py-1.5">
        <DisclosureButton
          small
          open={open}
          label={open ? 'Hide the details' : 'Show the details'}
          onToggle={() => setOpen(!open)}
        />
        <span className="w-52 truncate font-medium max-md:w-auto" title={who}>
          {who}
        </span>
        <code className="w-44 truncate font-mono text-sm max-md:w-auto" title={entry.action}>
          {entry.action}
        </code>
        <span className="min-w-0 flex-1 truncate max-md:order-1 max-md:basis-full max-md:pl-8">
          {entry.object.name}
        </span>
        {entry.outcome !== 'allowed' && <Badge tone={TONES[entry.outcome]}>{entry.outcome}</Badge>}
        <span className="text-sm text-muted">
          <Ago time={entry.time} />
        </span>
      </div>
      {open && <Facts entry={entry} />}
    </li>
  );
}
