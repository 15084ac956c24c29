import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { groups } from '@/api/sso';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Input, Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import type { GroupPair } from '@/features/sso/provider-form';

interface Props {
  pairs: GroupPair[];
  onChange(pairs: GroupPair[]): void;
}

/** Which group of the provider is which here. */
export function GroupPairs({ pairs, onChange }: Props) {
  const list = useQuery(groups());
  if (list.isError) return <ErrorPanel error={list.error} retry={list.refetch} />;
  const change = (index: number, change: Partial<GroupPair>) =>
    onChange(pairs.map((pair, i) => (i === index ? { ...pair, ...change } : pair)));
  return (
    <div className="flex flex-col gap-2">
      {pairs.map((pair, index) => (
        <div key={index} className="flex items-center gap-2">
          <Input
            aria-label={`Group at the provider ${index + 1}`}
            placeholder="Name there"
            value={pair.theirs}
            onChange={(event) => change(index, { theirs: event.target.value })}
          />
          <span aria-hidden>→</span>
          <Select
            aria-label={`Group here ${index + 1}`}
            value={pair.ours}
            onChange={(event) => change(index, { ours: event.target.value })}
          >
            <option value="">Group here</option>
            {list.data?.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <IconButton
            label={`Remove the pair ${index + 1}`}
            onClick={() => onChange(pairs.filter((_, i) => i !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button
        icon={<Plus size={14} />}
        className="self-start"
        onClick={() => onChange([...pairs, { theirs: '', ours: '' }])}
      >
        Add a group
      </Button>
    </div>
  );
}
