import { Input, Select } from '@/components/Field';
import { KINDS, PERIODS, type AuditChoice } from '@/features/audit/filter';

interface Props {
  choice: AuditChoice;
  onChange(values: Partial<AuditChoice>): void;
}

export function AuditFilters({ choice, onChange }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Input
        type="search"
        aria-label="Who"
        placeholder="Who"
        className="w-40! max-md:w-full!"
        maxLength={200}
        value={choice.actor}
        onChange={(event) => onChange({ actor: event.target.value })}
      />
      <Input
        type="search"
        aria-label="Object"
        placeholder="Object, main.sales.orders"
        className="w-48! max-md:w-full!"
        maxLength={500}
        value={choice.object}
        onChange={(event) => onChange({ object: event.target.value })}
      />
      <Select
        aria-label="Action"
        className="w-auto!"
        value={choice.action}
        onChange={(event) => onChange({ action: event.target.value })}
      >
        {KINDS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Outcome"
        className="w-auto!"
        value={choice.outcome}
        onChange={(event) => onChange({ outcome: event.target.value as AuditChoice['outcome'] })}
      >
        <option value="">All outcomes</option>
        <option value="allowed">Allowed</option>
        <option value="denied">Denied</option>
        <option value="failed">Failed</option>
      </Select>
      <Select
        aria-label="Time"
        className="w-auto!"
        value={choice.days}
        onChange={(event) => onChange({ days: event.target.value })}
      >
        {PERIODS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
    </div>
  );
}
