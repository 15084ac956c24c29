import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { workspaces } from '@/api/workspaces';
import { Field, Input, Select } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { saveTab } from '@/features/sql/save';
import type { SqlTab } from '@/features/sql/tabs';

export function SaveModal({ tab, onClose }: { tab: SqlTab; onClose(): void }) {
  const [name, setName] = useState(tab.savedId ? tab.title : '');
  const [place, setPlace] = useState('');
  const places = useQuery({ ...workspaces(), enabled: !tab.savedId });
  const shared = places.data?.filter(({ own }) => own.includes('create')) ?? [];
  const [tried, setTried] = useState(false);
  const save = useAction(async () => {
    await saveTab(tab, name.trim(), place);
    onClose();
  });
  return (
    <FormModal
      title={tab.savedId ? 'Rename saved query' : 'Save query'}
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (name.trim()) save.run();
      }}
      submit="Save"
      busy={save.busy}
      error={save.error}
    >
      <Field label="Name" error={tried && !name.trim() ? 'Enter a name.' : undefined}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            maxLength={200}
            placeholder="Delays by carrier"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {shared.length > 0 && (
        <Field
          label="Where"
          hint={place ? 'All members of the workspace see it, by their role.' : 'Only you see it.'}
        >
          {(control) => (
            <Select {...control} value={place} onChange={(event) => setPlace(event.target.value)}>
              <option value="">Private</option>
              {shared.map(({ id, name: label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </FormModal>
  );
}
