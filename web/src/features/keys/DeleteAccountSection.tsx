import { useState } from 'react';
import { deleteAccount } from '@/api/account';
import { signOut } from '@/api/session';
import { Button } from '@/components/Button';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { CodeField, OwnPasswordField } from '@/features/keys/ProofFields';

function DeleteDialog({ onClose }: { onClose(): void }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const remove = useAction(async () => {
    await deleteAccount({ password, ...(code.trim() && { code: code.trim() }) });
    await signOut();
  });
  return (
    <FormModal
      title="Delete your account?"
      onClose={onClose}
      onSubmit={() => password && remove.run()}
      submit="Delete my account"
      danger
      busy={remove.busy}
      disabled={!password}
      error={remove.error}
    >
      <p className="text-muted">
        Your API keys and sessions end, and you can no longer sign in. This cannot be undone.
      </p>
      <OwnPasswordField autoFocus value={password} onChange={setPassword} />
      <CodeField hint="Where you have a second factor." value={code} onChange={setCode} />
    </FormModal>
  );
}

export function DeleteAccountSection() {
  const [asking, setAsking] = useState(false);
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-lg">Delete account</h2>
      <Button variant="danger" onClick={() => setAsking(true)} className="self-start">
        Delete my account
      </Button>
      {asking && <DeleteDialog onClose={() => setAsking(false)} />}
    </section>
  );
}
