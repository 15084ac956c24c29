import { useState } from 'react';
import { confirmEmail, verifyEmail } from '@/api/account';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { AuthPage, Said, ToSignIn, useLinkToken } from '@/features/auth/AuthPage';

interface Props {
  title: string;
  text: string;
  confirm(token: string): Promise<unknown>;
}

// A button, not the opening of the page: programs that look at the links of letters open them too.
function ConfirmPage({ title, text, confirm }: Props) {
  const token = useLinkToken();
  const [done, setDone] = useState(false);
  const action = useAction(() => confirm(token).then(() => setDone(true)));
  return (
    <AuthPage title={title}>
      {done ? (
        <Said>
          <p>Your email address is confirmed.</p>
          <ToSignIn />
        </Said>
      ) : (
        <div className="flex flex-col gap-4">
          <p className="text-muted">{text}</p>
          <FormError error={action.error} />
          <Button variant="primary" busy={action.busy} onClick={() => action.run()} className="h-9">
            Confirm the address
          </Button>
        </div>
      )}
    </AuthPage>
  );
}

export function VerifyEmailPage() {
  return (
    <ConfirmPage
      title="Confirm your email"
      text="Only if it was you who made the account: it opens with the password that was chosen then."
      confirm={verifyEmail}
    />
  );
}

export function ConfirmEmailPage() {
  return (
    <ConfirmPage
      title="Confirm your new email"
      text="Your account will use this address from now on."
      confirm={confirmEmail}
    />
  );
}
