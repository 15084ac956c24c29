import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { secondFactor } from '@/api/account';
import {
  addPasskey,
  inWords,
  makePasskey,
  removePasskey,
  renamePasskey,
  startPasskey,
} from '@/api/passkeys';
import type { Passkey } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { deviceName } from '@/features/keys/device';
import { CodeField, OwnPasswordField } from '@/features/keys/ProofFields';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['passkeys'] });

interface Proof {
  password: string;
  code: string;
}

/** What shows that it is really the owner; an account without a password shows it by signing in. */
function useProof(password: boolean) {
  const factor = useQuery(secondFactor());
  const [proof, setProof] = useState<Proof>({ password: '', code: '' });
  const code = factor.data?.enabled === true;
  return {
    ready: !password || (proof.password !== '' && (!code || proof.code.trim() !== '')),
    values: password ? { password: proof.password, ...(code && { code: proof.code.trim() }) } : {},
    fields: password && (
      <>
        <OwnPasswordField
          value={proof.password}
          onChange={(next) => setProof({ ...proof, password: next })}
        />
        {code && (
          <CodeField
            hint="Of your authenticator app, or a recovery code."
            value={proof.code}
            onChange={(next) => setProof({ ...proof, code: next })}
          />
        )}
      </>
    ),
  };
}

function NameField({ value, onChange }: { value: string; onChange(value: string): void }) {
  return (
    <Field label="Name" hint="So that you know it among others.">
      {(control) => (
        <Input
          {...control}
          autoFocus
          maxLength={100}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export function AddPasskeyDialog(props: { password: boolean; onClose(): void }) {
  const [name, setName] = useState(deviceName(navigator.userAgent));
  const proof = useProof(props.password);
  const add = useAction(async () => {
    try {
      const made = await makePasskey(await startPasskey(proof.values));
      await addPasskey({ ...made, name: name.trim() });
    } catch (error) {
      throw inWords(error);
    }
    await refresh();
    toast({ title: 'Passkey added', tone: 'success' });
    props.onClose();
  });
  const ready = name.trim() !== '' && proof.ready;
  return (
    <FormModal
      title="Add a passkey"
      onClose={props.onClose}
      onSubmit={() => ready && add.run()}
      submit="Go on"
      busy={add.busy}
      disabled={!ready}
      error={add.error}
    >
      <p className="text-muted">Your browser then asks where to keep it.</p>
      <NameField value={name} onChange={setName} />
      {proof.fields}
    </FormModal>
  );
}

export function RenamePasskeyDialog({ item, onClose }: { item: Passkey; onClose(): void }) {
  const [name, setName] = useState(item.name);
  const rename = useAction(async () => {
    await renamePasskey(item.id, name.trim());
    await refresh();
    onClose();
  });
  return (
    <FormModal
      title="Rename the passkey"
      onClose={onClose}
      onSubmit={() => name.trim() && rename.run()}
      submit="Rename"
      busy={rename.busy}
      disabled={!name.trim()}
      error={rename.error}
    >
      <NameField value={name} onChange={setName} />
    </FormModal>
  );
}

export function RemovePasskeyDialog(props: { item: Passkey; password: boolean; onClose(): void }) {
  const proof = useProof(props.password);
  const remove = useAction(async () => {
    await removePasskey(props.item.id, proof.values);
    await refresh();
    props.onClose();
  });
  return (
    <FormModal
      title={`Remove ${props.item.name}?`}
      onClose={props.onClose}
      onSubmit={() => proof.ready && remove.run()}
      submit="Remove"
      danger
      busy={remove.busy}
      disabled={!proof.ready}
      error={remove.error}
    >
      <p className="text-muted">
        It signs in here no longer. Your device keeps it until you delete it there too.
      </p>
      {proof.fields}
    </FormModal>
  );
}
