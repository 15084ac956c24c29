import { useState } from 'react';
import { createUser } from '@/api/account';
import { ApiError } from '@/api/errors';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { passwordProblem } from '@/features/keys/password';

interface Props {
  onClose(): void;
  onCreated(): Promise<unknown>;
}

export function CreateUserDialog({ onClose, onCreated }: Props) {
  const [values, setValues] = useState({ email: '', name: '', password: '' });
  const [tried, setTried] = useState(false);
  const create = useAction(async () => {
    await createUser(values);
    await onCreated();
    onClose();
  });
  const api = create.error instanceof ApiError ? create.error : undefined;
  const problems = {
    email: /^\S+@\S+$/.test(values.email) ? undefined : 'Enter an email address.',
    name: values.name.trim() ? undefined : 'Enter a name.',
    password: passwordProblem(values.password),
  };
  const field = (name: keyof typeof values, label: string, type: string, hint?: string) => (
    <Field
      label={label}
      hint={hint}
      error={api?.field(name) ?? (tried ? problems[name] : undefined)}
    >
      {(control) => (
        <Input
          {...control}
          type={type}
          autoFocus={name === 'email'}
          autoComplete="off"
          value={values[name]}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <FormModal
      title="Add user"
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (!Object.values(problems).some(Boolean)) create.run();
      }}
      submit="Add"
      busy={create.busy}
      error={create.error}
    >
      {field('email', 'Email', 'email')}
      {field('name', 'Name', 'text')}
      {field('password', 'First password', 'password', 'They can change it in their settings.')}
    </FormModal>
  );
}
