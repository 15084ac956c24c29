import { useQuery } from '@tanstack/react-query';
import { Link, useRouter, useSearch } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { authSettings } from '@/api/account';
import { adoptSession, restoreSession, session } from '@/api/session';
import { AuthPage, linkClass } from '@/features/auth/AuthPage';
import { PasskeySignIn, PasskeyStep } from '@/features/auth/PasskeySignIn';
import { PasswordForm } from '@/features/auth/PasswordForm';
import { problemText } from '@/features/auth/problems';
import { ProviderButtons } from '@/features/auth/ProviderButtons';
import { stepAfter, type Step } from '@/features/auth/sign-in-step';
import { CodeStep, OwnPasswordStep } from '@/features/auth/SignInSteps';
import { BASE } from '@/lib/base';
import { useStore } from '@/lib/store';

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

/** Why the provider's sign-in did not work, with the number under which the log tells more. */
function Problem({ id, request }: { id: string; request: string | undefined }) {
  return (
    <div role="alert" className="mb-4 flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-danger">
      <CircleAlert size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0 wrap-anywhere">
        {problemText(id)}
        {request && <div className="mt-1 font-mono text-xs">Request {request}</div>}
      </div>
    </div>
  );
}

/** A whole address of ours, with its query. */
function GoTo({ address }: { address: string }) {
  const { history } = useRouter();
  useEffect(() => history.replace(BASE + address), [history, address]);
  return null;
}

export function SignInPage() {
  const current = useStore(session);
  const { next = '/', signed, problem, request } = useSearch({ from: '/sign-in' });
  const [step, setStep] = useState<Step>({ name: 'password' });
  const [adopting, setAdopting] = useState(signed === 'in');
  useEffect(() => {
    if (adopting) {
      // The cookie of a session came with the address that led here.
      adoptSession()
        .catch(() => session.set({ status: 'signed-out' }))
        .finally(() => setAdopting(false));
    } else if (session.get().status === 'starting') {
      restoreSession().catch(() => session.set({ status: 'signed-out' }));
    }
  }, [adopting]);
  if (adopting) {
    return (
      <AuthPage title="Sign in" heading="OpenBricks">
        <p role="status">Signing you in…</p>
      </AuthPage>
    );
  }
  if (current.status === 'signed-in') return <GoTo address={next} />;
  const onError = (error: unknown) => {
    const after = stepAfter(error);
    if (after) setStep(after);
  };
  return (
    <AuthPage title="Sign in" heading="OpenBricks" below={<Below />}>
      {problem && <Problem id={problem} request={request} />}
      {step.name === 'password' && (
        <>
          <ProviderButtons next={next} />
          <PasskeySignIn next={next} onStep={setStep} />
          <PasswordForm
            expired={current.status === 'signed-out' && current.expired === true}
            next={next}
            onStep={setStep}
          />
        </>
      )}
      {step.name === 'code' && (
        <>
          <CodeStep challenge={step.challenge} onError={onError} />
          {step.passkeys && <PasskeyStep challenge={step.challenge} onError={onError} />}
        </>
      )}
      {step.name === 'own-password' && (
        <OwnPasswordStep challenge={step.challenge} onError={onError} />
      )}
    </AuthPage>
  );
}
