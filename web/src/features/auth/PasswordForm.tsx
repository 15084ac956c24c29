import { useRef, useState, type FormEvent } from 'react';
import { resendVerification } from '@/api/account';
import { ApiError } from '@/api/errors';
import { signIn } from '@/api/session';
import { lookUpSignIn, startUrl, type OfferedProvider } from '@/api/sso';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { PasswordField } from '@/features/auth/PasswordField';
import { ProviderLink } from '@/features/auth/ProviderButtons';
import { stepAfter, type Step } from '@/features/auth/sign-in-step';
import { emailProblem, TextField } from '@/features/auth/TextField';

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

/** Where the email has to sign in with a provider; asked when the field is left. */
function useEnforced() {
  const [provider, setProvider] = useState<OfferedProvider>();
  const asked = useRef('');
  const ask = (email: string) => {
    if (emailProblem(email) || asked.current === email) return;
    asked.current = email;
    // Without an answer the password form stays; the server decides anyway.
    lookUpSignIn(email).then(
      (found) => asked.current === email && setProvider(found),
      () => (asked.current = ''),
    );
  };
  const forget = () => {
    asked.current = '';
    setProvider(undefined);
  };
  return { provider, ask, forget };
}

interface Props {
  expired: boolean;
  next: string;
  onStep(step: Step): void;
}

export function PasswordForm({ expired, next, onStep }: Props) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const enforced = useEnforced();
  const action = useAction(() =>
    signIn(email.trim(), password).catch((error: unknown) => {
      if (error instanceof ApiError && error.provider) {
        window.location.assign(startUrl(error.provider, next));
        return;
      }
      const step = stepAfter(error);
      if (!step) throw error;
      onStep(step);
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (enforced.provider) window.location.assign(startUrl(enforced.provider.slug, next));
    else if (email.trim() && password) action.run();
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
        complete="username webauthn"
        autoFocus
        error={tried && !email.trim() ? 'Enter your email.' : undefined}
        value={email}
        onChange={(value) => {
          setEmail(value);
          enforced.forget();
        }}
        onLeave={() => enforced.ask(email.trim())}
      />
      {enforced.provider ? (
        <div role="status" className="flex flex-col gap-3">
          <p className="text-muted wrap-anywhere">
            People of {email.trim().split('@').at(-1)} sign in with {enforced.provider.name}.
          </p>
          <ProviderLink provider={enforced.provider} next={next} />
        </div>
      ) : (
        <>
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
        </>
      )}
    </form>
  );
}
