import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { showInvitation } from '@/api/account';
import { acceptInvitation, session } from '@/api/session';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { AuthPage, ToSignIn, useLinkToken } from '@/features/auth/AuthPage';
import { PasswordField } from '@/features/auth/PasswordField';
import { TextField } from '@/features/auth/TextField';
import { passwordProblem } from '@/features/keys/password';
import { useStore } from '@/lib/store';

export function InvitationPage() {
  const token = useLinkToken();
  const current = useStore(session);
  const shown = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => showInvitation(token),
    retry: false,
  });
  const [values, setValues] = useState({ name: '', password: '' });
  const [tried, setTried] = useState(false);
  const [accepted, setAccepted] = useState(false);
  const action = useAction(() =>
    acceptInvitation({ token, ...values }).then(() => setAccepted(true)),
  );
  const problems = {
    name: values.name.trim() ? undefined : 'Enter your name.',
    password: passwordProblem(values.password),
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problems.name && !problems.password) action.run();
  };
  if (accepted && current.status === 'signed-in') return <Navigate to="/" replace />;
  return (
    <AuthPage title="Welcome" below={<ToSignIn>Sign in to another account</ToSignIn>}>
      {shown.isPending && <SkeletonRows rows={3} />}
      {shown.isError && <FormError error={shown.error} />}
      {shown.data && (
        <form onSubmit={submit} noValidate className="flex flex-col gap-4">
          <p className="wrap-anywhere text-muted">
            {shown.data.invited_by} invited <b>{shown.data.email}</b>.
          </p>
          <TextField
            label="Name"
            name="name"
            complete="name"
            autoFocus
            error={tried ? problems.name : undefined}
            value={values.name}
            onChange={(name) => setValues({ ...values, name })}
          />
          <PasswordField
            fresh
            hint="At least 10 characters."
            error={tried ? problems.password : undefined}
            value={values.password}
            onChange={(password) => setValues({ ...values, password })}
          />
          <FormError error={action.error} />
          <Button variant="primary" type="submit" busy={action.busy} className="h-9">
            Accept and sign in
          </Button>
        </form>
      )}
    </AuthPage>
  );
}
