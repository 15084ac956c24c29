import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { authorize } from '@/api/oauth';
import { restoreSession, session, signOut } from '@/api/session';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { AuthPage, Said } from '@/features/auth/AuthPage';
import { answeredQuery, promptsOf, questionOf, scopeText } from '@/features/oauth/question';
import { BASE } from '@/lib/base';
import { useStore } from '@/lib/store';

interface Props {
  query: string;
  email: string;
  onSignInAgain(): void;
}

/** Asks whoever is signed in, where that is needed, and leads back to the application. */
function Decide({ query, email, onSignInAgain }: Props) {
  const question = questionOf(query);
  const step = useQuery({
    queryKey: ['authorize', query],
    queryFn: () => authorize(question),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const decide = useAction(async (decision: 'approve' | 'refuse') => {
    const { redirect } = await authorize({ ...question, decision });
    if (redirect) window.location.assign(redirect);
  });
  const { redirect, sign_in_again: again } = step.data ?? {};
  useEffect(() => {
    if (redirect) window.location.replace(redirect);
    else if (again) onSignInAgain();
  }, [redirect, again, onSignInAgain]);
  if (step.isError) return <ErrorPanel error={step.error} retry={step.refetch} />;
  if (!step.data || redirect || again) return <SkeletonRows rows={3} />;
  return (
    <div className="flex flex-col gap-4">
      <p className="wrap-anywhere">
        <b>{step.data.client_name}</b> wants to know of <b>{email}</b>:
      </p>
      <ul className="flex list-disc flex-col gap-1 pl-5">
        {step.data.scopes.map((scope) => (
          <li key={scope}>{scopeText(scope)}</li>
        ))}
      </ul>
      <p className="text-sm text-muted wrap-anywhere">
        The answer goes to <code className="font-mono">{step.data.host}</code>. You can keep the
        application out again under Account.
      </p>
      <FormError error={decide.error} />
      <div className="flex flex-col gap-2">
        <Button
          variant="primary"
          className="h-9"
          busy={decide.busy}
          onClick={() => decide.run('approve')}
        >
          Let it know
        </Button>
        <Button className="h-9" disabled={decide.busy} onClick={() => decide.run('refuse')}>
          Refuse
        </Button>
      </div>
    </div>
  );
}

/** Where applications send browsers to sign in here. */
export function AuthorizePage() {
  const current = useStore(session);
  const { history } = useRouter();
  const [query] = useState(() => window.location.search.slice(1));
  const prompts = promptsOf(query);
  const wantsSignIn = prompts.includes('login');
  const signInAgain = () => {
    const next = `/oauth/authorize?${answeredQuery(query)}`;
    void signOut().then(() => history.replace(`${BASE}/sign-in?next=${encodeURIComponent(next)}`));
  };
  useEffect(() => {
    if (session.get().status !== 'starting') return;
    restoreSession().catch(() => session.set({ status: 'signed-out' }));
  }, []);
  const { status } = current;
  useEffect(() => {
    if (status === 'starting') return;
    if (status === 'signed-out' && prompts.includes('none')) {
      window.location.replace(`${BASE}/api/v1/oauth/authorize?${query}&no_session=true`);
    } else if (status === 'signed-out' || wantsSignIn) {
      signInAgain();
    }
    // Once a status: what the address says does not change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [status]);
  return (
    <AuthPage title="Sign in to an application" heading="OpenBricks">
      {current.status === 'signed-in' && !wantsSignIn ? (
        <Decide query={query} email={current.user.email} onSignInAgain={signInAgain} />
      ) : (
        <Said>
          <p>One moment…</p>
        </Said>
      )}
    </AuthPage>
  );
}
