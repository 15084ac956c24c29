import { useState } from 'react';
import { ApiError } from '@/api/errors';
import { changeRole, createRole, type Privilege, type Role } from '@/api/permissions';
import { Checkbox, Field, Input, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { PRIVILEGES } from '@/features/sharing/privileges';

interface Props {
  /** The one that is changed; a new one without. */
  role?: Role | undefined;
  onSaved(): Promise<unknown>;
  onClose(): void;
}

export function RoleDialog({ role, onSaved, onClose }: Props) {
  const [name, setName] = useState(role?.name ?? '');
  const [text, setText] = useState(role?.text ?? '');
  const [chosen, setChosen] = useState<Privilege[]>(role?.privileges ?? []);
  const [tried, setTried] = useState(false);
  const save = useAction(async () => {
    const values = { name: name.trim(), text: text.trim(), privileges: chosen };
    if (role) await changeRole(role.id, values);
    else await createRole(values);
    await onSaved();
    toast({ title: `${role ? 'Changed' : 'Created'} ${values.name}`, tone: 'success' });
    onClose();
  });
  const refused = save.error instanceof ApiError ? save.error.field('name') : undefined;
  const toggle = (id: Privilege, on: boolean) =>
    setChosen(PRIVILEGES.map((p) => p.id).filter((p) => (p === id ? on : chosen.includes(p))));
  return (
    <FormModal
      title={role ? `Change ${role.name}` : 'Create role'}
      description={role ? 'It changes at once wherever it was granted.' : undefined}
      submit={role ? 'Save' : 'Create'}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setTried(true);
        if (name.trim() && chosen.length > 0) save.run();
      }}
      onClose={onClose}
    >
      <Field label="Name" error={refused ?? (tried && !name.trim() ? 'Enter a name.' : undefined)}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="What it is for" hint="Shown where the role is given. Optional.">
        {(control) => (
          <TextArea
            {...control}
            rows={2}
            maxLength={1000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 font-medium">What it lets one do</legend>
        {PRIVILEGES.map(({ id, label, text: what }) => (
          <Checkbox
            key={id}
            className="items-start! [&>input]:mt-0.5"
            checked={chosen.includes(id)}
            onChange={(event) => toggle(id, event.target.checked)}
          >
            <span>
              {label} <span className="block text-sm text-muted">{what}</span>
            </span>
          </Checkbox>
        ))}
        {tried && chosen.length === 0 && (
          <p role="alert" className="text-sm text-danger">
            Choose at least one.
          </p>
        )}
      </fieldset>
    </FormModal>
  );
}
