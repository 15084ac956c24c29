import { useState, type FormEvent } from 'react';
import { changeEmail, rename } from '@/api/account';
import { reloadUser } from '@/api/session';
import type { User } from '@/api/types';
import { Button } from '@/components/Button';
import { Field, Input } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';

function NameForm({ user }: { user: User }) {
  const [name, setName] = useState(user.name);
  const save = useAction(async () => {
    await rename(name.trim());
    await reloadUser();
    toast({ title: 'Name changed', tone: 'success' });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) save.run();
  };
  return (
    <form onSubmit={submit} noValidate className="flex max-w-80 flex-col gap-3">
      <Field label="Name" error={name.trim() ? undefined : 'Enter a name.'}>
        {(control) => (
          <Input
            {...control}
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <FormError error={save.error} />
      <Button
        type="submit"
        busy={save.busy}
        disabled={name.trim() === user.name}
        className="self-start"
      >
        Save name
      </Button>
    </form>
  );
}

function EmailDialog({ onClose }: { onClose(): void }) {
  const [values, setValues] = useState({ email: '', password: '' });
  const [tried, setTried] = useState(false);
  const change = useAction(async () => {
    await changeEmail({ ...values, email: values.email.trim() });
    toast({
      title: 'Look at the mail of the new address',
      detail: 'The change holds once you open the link that we sent there.',
    });
    onClose();
  });
  const problems = {
    email: /^\S+@\S+$/.test(values.email.trim()) ? undefined : 'Enter an email address.',
    password: values.password ? undefined : 'Enter your password.',
  };
  const field = (name: keyof typeof values, label: string, type: string, complete: string) => (
    <Field label={label} error={tried ? problems[name] : undefined}>
      {(control) => (
        <Input
          {...control}
          type={type}
          autoFocus={name === 'email'}
          autoComplete={complete}
          value={values[name]}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <FormModal
      title="Change email"
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (!problems.email && !problems.password) change.run();
      }}
      submit="Send the link"
      busy={change.busy}
      error={change.error}
    >
      {field('email', 'New email', 'email', 'email')}
      {field('password', 'Your password', 'password', 'current-password')}
    </FormModal>
  );
}

/** Name and email of the own account. */
export function ProfileSection({ user }: { user: User }) {
  const [changing, setChanging] = useState(false);
  return (
    <section className="flex flex-col gap-4">
      <h2 className="text-lg">Profile</h2>
      <NameForm user={user} />
      <div className="flex max-w-120 flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 truncate text-muted">{user.email}</p>
        <Button onClick={() => setChanging(true)}>Change email</Button>
      </div>
      {changing && <EmailDialog onClose={() => setChanging(false)} />}
    </section>
  );
}
