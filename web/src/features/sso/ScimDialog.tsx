import { useState } from 'react';
import { createScimToken, deleteScimToken, type SignInProvider } from '@/api/sso';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { FormError } from '@/components/FormError';
import { Modal } from '@/components/Modal';
import { useAction } from '@/components/useAction';

function Line({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="font-medium">{label}</span>
      <span className="flex items-center gap-1">
        <code className="min-w-0 font-mono text-sm wrap-anywhere">{text}</code>
        <CopyButton text={text} label={`Copy the ${label.toLowerCase()}`} />
      </span>
    </div>
  );
}

interface Props {
  provider: SignInProvider;
  onClose(): void;
  onChanged(): Promise<unknown>;
}

/** The token with which a provider keeps people and groups here up to date. */
export function ScimDialog({ provider, onClose, onChanged }: Props) {
  const [made, setMade] = useState<{ token: string; base_url: string }>();
  const create = useAction(async () => {
    setMade(await createScimToken(provider.id));
    await onChanged();
  });
  const end = useAction(async () => {
    await deleteScimToken(provider.id);
    setMade(undefined);
    await onChanged();
  });
  return (
    <Modal
      title={`Provisioning by ${provider.name}`}
      description="With SCIM 2.0 the provider makes and disables accounts and fills groups."
      onClose={onClose}
      footer={
        <>
          {provider.scim_since && (
            <Button variant="danger" busy={end.busy} onClick={() => end.run()}>
              End the token
            </Button>
          )}
          <Button variant="primary" busy={create.busy} onClick={() => create.run()}>
            {provider.scim_since ? 'Make a new token' : 'Make a token'}
          </Button>
        </>
      }
    >
      <div role="status" className="flex flex-col gap-3">
        {made && (
          <>
            <Line label="Base address" text={made.base_url} />
            <Line label="Token" text={made.token} />
            <p className="text-muted">Copy the token now: it is not shown again.</p>
          </>
        )}
        {!made && provider.scim_since && (
          <p>
            There is a token, made <Ago time={provider.scim_since} />
            {provider.scim_used_at ? (
              <>
                {' '}
                and used <Ago time={provider.scim_used_at} />.
              </>
            ) : (
              ' and not used yet.'
            )}{' '}
            A new one ends it.
          </p>
        )}
        {!made && !provider.scim_since && <p>There is no token yet.</p>}
      </div>
      <FormError error={create.error ?? end.error} />
    </Modal>
  );
}
