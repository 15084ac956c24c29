import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { authSettings, register } from '@/api/account';
import { ApiError } from '@/api/errors';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { AuthPage, Said, ToSignIn } from '@/features/auth/AuthPage';
import { PasswordField } from '@/features/auth/PasswordField';
import { emailProblem, TextField } from '@/features/auth/TextField';
import { passwordProblem } from '@/features/keys/password';

export function SignUpPage() {
  const settings = useQuery(authSettings());
  const [values, setValues] = useState({ name: '', email: '', password: '' });
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const action = useAction(async () => {
    await register({ ...values, email: values.email.trim() });
    setDone(true);
  });
  const problems = {
    name: values.name.trim() ? undefined : 'Enter your name.',
    email: emailProblem(values.email),
    password: passwordProblem(values.password),
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!Object.values(problems).some(Boolean)) action.run();
  };
  const api = action.error instanceof ApiError ? action.error : undefined;
  const of = (name: keyof typeof values) => ({
    value: values[name],
    error: api?.field(name) ?? (tried ? problems[name] : undefined),
    onChange: (value: string) => setValues({ ...values, [name]: value }),
  });
  if (done) {
    return (
      <AuthPage title={settings.data?.mail ? 'Look at your mail' : 'You can sign in'}>
        <Said>
          {settings.data?.mail ? (
            <p>
              We sent a letter to <b className="wrap-anywhere">{values.email}</b>. Open its link to
              confirm the address; then you can sign in.
            </p>
          ) : (
            <p>Your account is ready, unless there was one with this email already.</p>
          )}
          <ToSignIn />
        </Said>
      </AuthPage>
    );
  }
  return (
    <AuthPage
      title="Create an account"
      below={
        <p>
          You have one? <ToSignIn />
        </p>
      }
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        <TextField label="Name" name="name" complete="name" autoFocus {...of('name')} />
        <TextField label="Email" name="email" type="email" complete="username" {...of('email')} />
        <PasswordField fresh hint="At least 10 characters." {...of('password')} />
        <FormError error={action.error} />
        <Button variant="primary" type="submit" busy={action.busy} className="h-9">
          Create account
        </Button>
      </form>
    </AuthPage>
  );
}
