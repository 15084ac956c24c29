import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { authSettings, resendVerification } from '@/api/account';
import { ApiError } from '@/api/errors';
import { restoreSession, session, signIn } from '@/api/session';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { AuthPage, linkClass } from '@/features/auth/AuthPage';
import { PasswordField } from '@/features/auth/PasswordField';
import { CodeStep, OwnPasswordStep } from '@/features/auth/SignInSteps';
import { TextField } from '@/features/auth/TextField';
import { useStore } from '@/lib/store';

type Step = { name: 'password' } | { name: 'code' | 'own-password'; challenge: string };

/** Where a sign-in that was refused goes on; undefined when it does not. */
function stepAfter(error: unknown): Step | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.id === 'identity.badChallenge') return { name: 'password' };
  if (!error.challenge) return undefined;
  const name = error.id === 'identity.secondFactorNeeded' ? 'code' : 'own-password';
  return { name, challenge: error.challenge };
}

function Unverified({ email }: { email: string }) {
  const [sent, setSent] = useState(false);
  const send = useAction(() => resendVerification(email).then(() => setSent(true)));
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-md bg-warning-soft px-3 py-2">
      <p className="text-warning">Confirm your email address first, with the link we sent you.</p>
      {sent ? (
        <p>A new link is on its way.</p>
      ) : (
        <Button onClick={() => send.run()} busy={send.busy} className="self-start">
          Send the link again
        </Button>
      )}
      <FormError error={send.error} />
    </div>
  );
}

interface FormProps {
  expired: boolean;
  onStep(step: Step): void;
}

function PasswordForm({ expired, onStep }: FormProps) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const action = useAction(() =>
    signIn(email.trim(), password).catch((error: unknown) => {
      const step = stepAfter(error);
      if (!step) throw error;
      onStep(step);
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (email.trim() && password) action.run();
  };
  const refusal = action.error instanceof ApiError ? action.error : undefined;
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      {expired && !action.error && (
        <p className="rounded-md bg-warning-soft px-3 py-2 text-warning">
          Your session has ended. Please sign in again.
        </p>
      )}
      <TextField
        label="Email"
        name="email"
        type="email"
        complete="username"
        autoFocus
        error={tried && !email.trim() ? 'Enter your email.' : undefined}
        value={email}
        onChange={setEmail}
      />
      <PasswordField
        error={tried && !password ? 'Enter your password.' : undefined}
        value={password}
        onChange={setPassword}
      />
      {refusal?.status === 401 && (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-danger">
          This email and password do not match. Check both and try again.
        </p>
      )}
      {refusal?.id === 'identity.unverified' && <Unverified email={email.trim()} />}
      {refusal?.status !== 401 && refusal?.id !== 'identity.unverified' && (
        <FormError error={action.error} />
      )}
      <Button variant="primary" type="submit" busy={action.busy} className="h-9">
        Sign in
      </Button>
    </form>
  );
}

function Below() {
  const settings = useQuery(authSettings());
  return (
    <>
      {settings.data?.mail && (
        <Link to="/forgot-password" className={linkClass}>
          Forgot your password?
        </Link>
      )}
      {settings.data?.registration === 'open' && (
        <Link to="/sign-up" className={linkClass}>
          Create an account
        </Link>
      )}
      <p>The first start prints the administrator’s email and password in the server’s terminal.</p>
    </>
  );
}

export function SignInPage() {
  const current = useStore(session);
  const { next } = useSearch({ from: '/sign-in' });
  const [step, setStep] = useState<Step>({ name: 'password' });
  useEffect(() => {
    if (session.get().status !== 'starting') return;
    restoreSession().catch(() => session.set({ status: 'signed-out' }));
  }, []);
  if (current.status === 'signed-in') return <Navigate to={next ?? '/'} replace />;
  const onError = (error: unknown) => {
    const after = stepAfter(error);
    if (after) setStep(after);
  };
  return (
    <AuthPage title="Sign in" heading="OpenBricks" below={<Below />}>
      {step.name === 'password' && (
        <PasswordForm
          expired={current.status === 'signed-out' && current.expired === true}
          onStep={setStep}
        />
      )}
      {step.name === 'code' && <CodeStep challenge={step.challenge} onError={onError} />}
      {step.name === 'own-password' && (
        <OwnPasswordStep challenge={step.challenge} onError={onError} />
      )}
    </AuthPage>
  );
}
