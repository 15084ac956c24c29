import { useState, type FormEvent } from 'react';
import { changePassword } from '@/api/account';
import type { User } from '@/api/types';
import { leave } from '@/app/sign-out';
import { Button } from '@/components/Button';
import { Field, Input } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { DeleteAccountSection } from '@/features/keys/DeleteAccountSection';
import { IdentitiesSection } from '@/features/keys/IdentitiesSection';
import { PasskeysSection } from '@/features/keys/PasskeysSection';
import { passwordProblem } from '@/features/keys/password';
import { ProfileSection } from '@/features/keys/ProfileSection';
import { SecondFactorSection } from '@/features/keys/SecondFactorSection';
import { SessionsSection } from '@/features/keys/SessionsSection';
import { ConsentsSection } from '@/features/oauth/ConsentsSection';

function PasswordForm() {
  const empty = { current: '', password: '', again: '' };
  const [values, setValues] = useState(empty);
  const [tried, setTried] = useState(false);
  const change = useAction(async () => {
    await changePassword({ current: values.current, password: values.password });
    setValues(empty);
    setTried(false);
    toast({ title: 'Password changed', tone: 'success' });
  });
  const problems = {
    current: values.current ? undefined : 'Enter your present password.',
    password: passwordProblem(values.password),
    again: values.again === values.password ? undefined : 'The two passwords differ.',
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!Object.values(problems).some(Boolean)) change.run();
  };
  const field = (name: keyof typeof empty, label: string, complete: string) => (
    <Field label={label} error={tried ? problems[name] : undefined}>
      {(control) => (
        <Input
          {...control}
          type="password"
          autoComplete={complete}
          value={values[name]}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form onSubmit={submit} noValidate className="flex max-w-80 flex-col gap-3">
      {field('current', 'Present password', 'current-password')}
      {field('password', 'New password', 'new-password')}
      {field('again', 'New password again', 'new-password')}
      <FormError error={change.error} />
      <Button type="submit" busy={change.busy} className="self-start">
        Change password
      </Button>
    </form>
  );
}

export function AccountTab({ user }: { user: User }) {
  return (
    <div className="flex flex-col gap-8">
      <section className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-lg">{user.name || user.email}</h2>
          <p className="truncate text-muted">
            {user.email}
            {user.admin && ' · administrator'}
          </p>
        </div>
        <Button onClick={() => void leave()}>Sign out</Button>
      </section>
      <ProfileSection key={user.name} user={user} />
      <section className="flex flex-col gap-3">
        <h2 className="text-lg">Password</h2>
        <PasswordForm />
      </section>
      <IdentitiesSection />
      <ConsentsSection />
      <PasskeysSection />
      <SecondFactorSection />
      <SessionsSection />
      <DeleteAccountSection />
    </div>
  );
}
