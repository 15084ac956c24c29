import { Navigate, useSearch } from '@tanstack/react-router';
import { Eye, EyeOff } from 'lucide-react';
import { useEffect, useState, type FormEvent } from 'react';
import { ApiError } from '@/api/errors';
import { restoreSession, session, signIn } from '@/api/session';
import { Logo } from '@/app/Logo';
import { Button } from '@/components/Button';
import { Field, Input } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { useAction } from '@/components/useAction';
import { useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

function SignInForm({ expired }: { expired: boolean }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const action = useAction(() => signIn(email.trim(), password));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (email.trim() && password) action.run();
  };
  const refused = action.error instanceof ApiError && action.error.status === 401;
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      {expired && !action.error && (
        <p className="rounded-md bg-warning-soft px-3 py-2 text-warning">
          Your session has ended. Please sign in again.
        </p>
      )}
      <Field label="Email" error={tried && !email.trim() ? 'Enter your email.' : undefined}>
        {(control) => (
          <Input
            {...control}
            type="email"
            name="email"
            autoComplete="username"
            autoFocus
            className="h-9"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password" error={tried && !password ? 'Enter your password.' : undefined}>
        {(control) => (
          <div className="relative">
            <Input
              {...control}
              type={shown ? 'text' : 'password'}
              name="password"
              autoComplete="current-password"
              className="h-9 pr-10"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <IconButton
              small
              label={shown ? 'Hide password' : 'Show password'}
              onClick={() => setShown(!shown)}
              className="absolute top-1/2 right-1 -translate-y-1/2"
            >
              {shown ? <EyeOff size={14} /> : <Eye size={14} />}
            </IconButton>
          </div>
        )}
      </Field>
      {refused ? (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-danger">
          This email and password do not match. Check both and try again.
        </p>
      ) : (
        <FormError error={action.error} />
      )}
      <Button variant="primary" type="submit" busy={action.busy} className="h-9">
        Sign in
      </Button>
    </form>
  );
}

export function SignInPage() {
  useTitle('Sign in');
  const current = useStore(session);
  const { next } = useSearch({ from: '/sign-in' });
  useEffect(() => {
    if (session.get().status !== 'starting') return;
    restoreSession().catch(() => session.set({ status: 'signed-out' }));
  }, []);
  if (current.status === 'signed-in') return <Navigate to={next ?? '/'} replace />;
  return (
    <main className="flex h-dvh flex-col items-center overflow-y-auto bg-panel px-4 pt-[14vh]">
      <div className="w-full max-w-[360px]">
        <div className="mb-6 flex items-center gap-3">
          <Logo size={36} />
          <h1 className="text-2xl">OpenBricks</h1>
        </div>
        <section className="rounded-lg border border-line bg-raised p-5">
          <SignInForm expired={current.status === 'signed-out' && current.expired === true} />
        </section>
        <p className="mt-4 text-sm text-muted">
          The first start prints the administrator’s email and password in the server’s terminal.
        </p>
      </div>
    </main>
  );
}
