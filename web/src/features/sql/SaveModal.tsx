import { useState } from 'react';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { saveTab } from '@/features/sql/save';
import type { SqlTab } from '@/features/sql/tabs';

export function SaveModal({ tab, onClose }: { tab: SqlTab; onClose(): void }) {
  const [name, setName] = useState(tab.savedId ? tab.title : '');
  const [tried, setTried] = useState(false);
  const save = useAction(async () => {
    await saveTab(tab, name.trim());
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
    </FormModal>
  );
}
