import { useState } from 'react';
import { createProvider, replaceProvider, type SignInProvider } from '@/api/sso';
import { Checkbox, Field, Input, Select, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { AccountFields } from '@/features/sso/AccountFields';
import {
  FIELDS,
  formOf,
  KINDS,
  missingIn,
  slugOf,
  valuesOf,
  type Kind,
  type ProviderForm,
} from '@/features/sso/provider-form';

export interface PartProps {
  form: ProviderForm;
  set(change: Partial<ProviderForm>): void;
  /** The problem with the field of a label, if any. */
  problem(label: string): string | undefined;
}

function ServerFields({ form, set, problem }: PartProps) {
  return FIELDS[form.kind].map(({ name, label, hint, example, optional }) => (
    <Field
      key={name}
      label={label}
      hint={[hint, optional && 'Optional.'].filter(Boolean).join(' ') || undefined}
      error={problem(label)}
    >
      {(control) => (
        <Input
          {...control}
          autoComplete="off"
          placeholder={example}
          value={form.texts[name] ?? ''}
          onChange={(event) => set({ texts: { ...form.texts, [name]: event.target.value } })}
        />
      )}
    </Field>
  ));
}

function ClientFields({ form, set, kept }: PartProps & { kept: boolean }) {
  return (
    <>
      <Field label="Client secret" hint="Kept encrypted, never shown again.">
        {(control) => (
          <Input
            {...control}
            type="password"
            autoComplete="off"
            placeholder={kept ? 'Empty: as it is' : undefined}
            value={form.secret}
            onChange={(event) => set({ secret: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Scopes"
        hint={form.kind === 'oidc' ? 'Empty: email profile' : 'As the provider names them.'}
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            value={form.scopes}
            onChange={(event) => set({ scopes: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

function SamlFields({ form, set, problem }: PartProps) {
  return (
    <>
      <Field
        label="Certificate"
        hint="PEM, with which the provider signs assertions. Two of them while it changes."
        error={problem('Certificate')}
      >
        {(control) => (
          <TextArea
            {...control}
            spellCheck={false}
            className="font-mono"
            placeholder="-----BEGIN CERTIFICATE-----"
            value={form.certificates}
            onChange={(event) => set({ certificates: event.target.value })}
          />
        )}
      </Field>
      <Checkbox
        checked={form.idpInitiated}
        onChange={(event) => set({ idpInitiated: event.target.checked })}
      >
        People may also start at the provider
      </Checkbox>
    </>
  );
}

interface Props {
  /** The one that is changed; a new one without. */
  provider?: SignInProvider | undefined;
  onClose(): void;
  onSaved(): Promise<unknown>;
}

/** Adds or changes a provider of single sign-on. */
export function ProviderDialog({ provider, onClose, onSaved }: Props) {
  const [form, setForm] = useState(() => formOf(provider));
  const [tried, setTried] = useState(false);
  const set = (change: Partial<ProviderForm>) => setForm((was) => ({ ...was, ...change }));
  const missing = missingIn(form);
  const problem = (label: string) =>
    tried && missing.includes(label) ? `Enter the ${label.toLowerCase()}.` : undefined;
  const save = useAction(async () => {
    if (provider) await replaceProvider(provider.id, valuesOf(form));
    else await createProvider(valuesOf(form));
    await onSaved();
    onClose();
    toast({ title: `${provider ? 'Changed' : 'Added'} ${form.name}`, tone: 'success' });
  });
  const rename = (name: string) =>
    set({ name, ...(!provider && form.slug === slugOf(form.name) && { slug: slugOf(name) }) });
  return (
    <FormModal
      title={provider ? `Change ${provider.name}` : 'Add provider'}
      description="The addresses to register there are shown once it is saved."
      submit={provider ? 'Save' : 'Add'}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setTried(true);
        if (missing.length === 0) save.run();
      }}
      onClose={onClose}
    >
      {!provider && (
        <Field label="Kind">
          {(control) => (
            <Select
              {...control}
              value={form.kind}
              onChange={(event) => {
                const kind = event.target.value as Kind;
                set({ kind, trust: kind === 'saml' }); // SAML says nothing of verified emails
              }}
            >
              {KINDS.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <Field label="Name" hint="On the button of the sign-in page." error={problem('Name')}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={form.name}
            onChange={(event) => rename(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Short name"
        hint="Part of its addresses: small letters, digits, hyphens."
        error={problem('Short name')}
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            value={form.slug}
            onChange={(event) => set({ slug: event.target.value })}
          />
        )}
      </Field>
      <ServerFields form={form} set={set} problem={problem} />
      {form.kind === 'saml' ? (
        <SamlFields form={form} set={set} problem={problem} />
      ) : (
        <ClientFields
          form={form}
          set={set}
          problem={problem}
          kept={provider?.has_secret === true}
        />
      )}
      <AccountFields form={form} set={set} problem={problem} />
      <Checkbox checked={form.enabled} onChange={(event) => set({ enabled: event.target.checked })}>
        Offered on the sign-in page
      </Checkbox>
    </FormModal>
  );
}
