import { useState, type FormEvent } from 'react';
import { completeSignIn, replacePassword } from '@/api/session';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { PasswordField } from '@/features/auth/PasswordField';
import { TextField } from '@/features/auth/TextField';
import { passwordProblem } from '@/features/keys/password';

interface StepProps {
  challenge: string;
  /** The server wants something else, or has to be asked from the start. */
  onError(error: unknown): void;
}

/** The code that a sign-in with a second factor still lacks. */
export function CodeStep({ challenge, onError }: StepProps) {
  const [code, setCode] = useState('');
  const [tried, setTried] = useState(false);
  const action = useAction(() =>
    completeSignIn(challenge, code).catch((error: unknown) => {
      onError(error);
      throw error;
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (code.trim()) action.run();
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <TextField
        label="Code"
        name="code"
        complete="one-time-code"
        hint="Of your authenticator app, or one of your recovery codes."
        error={tried && !code.trim() ? 'Enter the code.' : undefined}
        autoFocus
        value={code}
        onChange={setCode}
      />
      <FormError error={action.error} />
      <Button variant="primary" type="submit" busy={action.busy} className="h-9">
        Sign in
      </Button>
    </form>
  );
}

/** An own password in place of the temporary one. */
export function OwnPasswordStep({ challenge, onError }: StepProps) {
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const action = useAction(() =>
    replacePassword(challenge, password).catch((error: unknown) => {
      onError(error);
      throw error;
    }),
  );
  const problem = passwordProblem(password);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) action.run();
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <p className="text-muted">An administrator set your password. Choose one of your own.</p>
      <PasswordField
        label="New password"
        fresh
        autoFocus
        error={tried ? problem : undefined}
        value={password}
        onChange={setPassword}
      />
      <FormError error={action.error} />
      <Button variant="primary" type="submit" busy={action.busy} className="h-9">
        Set password and sign in
      </Button>
    </form>
  );
}
