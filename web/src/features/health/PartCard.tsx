import type { HealthFact, HealthPart } from '@/api/health';
import { factText, shareOf } from '@/features/health/facts';
import { StateMark } from '@/features/health/StateMark';

function Fact({ fact }: { fact: HealthFact }) {
  const share = shareOf(fact);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-3 gap-y-1 py-0.5">
      <dt className="text-muted">{fact.label}</dt>
      <dd className="num max-w-56 text-right wrap-anywhere">{factText(fact)}</dd>
      {share !== undefined && (
        <dd aria-hidden className="col-span-2 mb-1 h-1 overflow-hidden rounded-full bg-hover">
          <div className="h-full bg-accent-fill" style={{ width: `${100 * share}%` }} />
        </dd>
      )}
    </div>
  );
}

/** One part of the server: its state, why, and its numbers. */
export function PartCard({ part }: { part: HealthPart }) {
  return (
    <li className="mb-3 flex break-inside-avoid flex-col gap-1 rounded-lg border border-line p-3">
      <div className="flex items-center justify-between gap-2">
        <h3>{part.name}</h3>
        <StateMark state={part.state} />
      </div>
      {part.text && <p className="wrap-anywhere text-muted">{part.text}</p>}
      <dl>
        {part.facts.map((fact) => (
          <Fact key={fact.id} fact={fact} />
        ))}
      </dl>
    </li>
  );
}
