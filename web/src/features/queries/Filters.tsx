import { useQuery } from '@tanstack/react-query';
import { users } from '@/api/account';
import type { QueryFilter } from '@/api/query';
import type { QueryState } from '@/api/types';
import { Input, Select } from '@/components/Field';

interface Props {
  filter: QueryFilter;
  admin: boolean;
  onChange(values: QueryFilter): void;
}

function UserSelect({ filter, onChange }: Omit<Props, 'admin'>) {
  const list = useQuery(users());
  const emails = (list.data ?? []).map(({ email }) => email);
  const known = ['system', ...emails]; // "system": the server itself
  const all = filter.user && !known.includes(filter.user) ? [filter.user, ...known] : known;
  return (
    <Select
      aria-label="User"
      className="w-auto! max-w-52"
      value={filter.user ?? ''}
      onChange={(event) => onChange({ user: event.target.value || undefined })}
    >
      <option value="">All users</option>
      {all.map((email) => (
        <option key={email}>{email}</option>
      ))}
    </Select>
  );
}

export function Filters({ filter, admin, onChange }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
      <Select
        aria-label="State"
        className="w-auto!"
        value={filter.state ?? ''}
        onChange={(event) =>
          onChange({ state: (event.target.value || undefined) as QueryState | undefined })
        }
      >
        <option value="">All states</option>
        <option value="running">Running</option>
        <option value="finished">Finished</option>
        <option value="failed">Failed</option>
        <option value="cancelled">Cancelled</option>
      </Select>
      {admin && <UserSelect filter={filter} onChange={onChange} />}
      <Input
        type="search"
        aria-label="Text of the statement"
        placeholder="Text of the statement"
        className="flex-1 max-md:basis-full md:max-w-80"
        value={filter.text ?? ''}
        onChange={(event) => onChange({ text: event.target.value || undefined })}
      />
    </div>
  );
}
