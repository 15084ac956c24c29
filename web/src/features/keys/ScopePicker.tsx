import { Select } from '@/components/Field';
import { AREAS, type Access, type Choice } from '@/features/keys/scopes';

interface Props {
  value: Choice;
  onChange(value: Choice): void;
}

/** What a key may do in each area of the server. */
export function ScopePicker({ value, onChange }: Props) {
  return (
    <ul className="flex flex-col gap-1 rounded-md border border-line p-2" aria-label="Areas">
      {AREAS.map((area) => (
        <li key={area.id} className="flex items-center gap-2">
          <label htmlFor={`scope-${area.id}`} className="min-w-0 flex-1 truncate">
            {area.label}
          </label>
          <span className="w-36 shrink-0">
            <Select
              id={`scope-${area.id}`}
              value={value[area.id] ?? 'none'}
              onChange={(event) => onChange({ ...value, [area.id]: event.target.value as Access })}
            >
              <option value="none">No access</option>
              <option value="read">Read</option>
              <option value="write">Read and change</option>
            </Select>
          </span>
        </li>
      ))}
    </ul>
  );
}
