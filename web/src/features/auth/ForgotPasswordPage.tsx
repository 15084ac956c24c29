import { useState, type FormEvent } from 'react';
import { forgotPassword } from '@/api/account';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { AuthPage, Said, ToSignIn } from '@/features/auth/AuthPage';
import { emailProblem, TextField } from '@/features/auth/TextField';

export function ForgotPasswordPage() {
  const [email, setEmail] = useState('');
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const action = useAction(() => forgotPassword(email.trim()).then(() => setDone(true)));
  const problem = emailProblem(email);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) action.run();
  };
  return (
    <AuthPage title="Forgot your password?" below={<ToSignIn>Back to signing in</ToSignIn>}>
      {done ? (
        <Said>
          <p>
            If <b className="wrap-anywhere">{email.trim()}</b> has an account, a letter with a link
            is on its way. The link works for an hour.
          </p>
        </Said>
      ) : (
        <form onSubmit={submit} noValidate className="flex flex-col gap-4">
          <TextField
            label="Email"
            name="email"
            type="email"
            complete="username"
            autoFocus
            error={tried ? problem : undefined}
            value={email}
            onChange={setEmail}
          />
          <FormError error={action.error} />
          <Button variant="primary" type="submit" busy={action.busy} className="h-9">
            Send me a link
          </Button>
        </form>
      )}
    </AuthPage>
  );
}
