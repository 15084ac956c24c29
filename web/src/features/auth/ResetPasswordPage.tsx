import { useState, type FormEvent } from 'react';
import { resetPassword } from '@/api/account';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { AuthPage, Said, ToSignIn, useLinkToken } from '@/features/auth/AuthPage';
import { PasswordField } from '@/features/auth/PasswordField';
import { passwordProblem } from '@/features/keys/password';

export function ResetPasswordPage() {
  const token = useLinkToken();
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const action = useAction(() => resetPassword({ token, password }).then(() => setDone(true)));
  const problem = passwordProblem(password);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) action.run();
  };
  return (
    <AuthPage title="Set a new password">
      {done ? (
        <Said>
          <p>Your password is changed, and all sessions have ended.</p>
          <ToSignIn>Sign in with it</ToSignIn>
        </Said>
      ) : (
        <form onSubmit={submit} noValidate className="flex flex-col gap-4">
          <PasswordField
            label="New password"
            fresh
            autoFocus
            hint="At least 10 characters."
            error={tried ? problem : undefined}
            value={password}
            onChange={setPassword}
          />
          <FormError error={action.error} />
          <Button variant="primary" type="submit" busy={action.busy} className="h-9">
            Set password
          </Button>
        </form>
      )}
    </AuthPage>
  );
}
