import { Checkbox, Field, Input } from '@/components/Field';
import { GroupPairs } from '@/features/sso/GroupPairs';
import type { PartProps } from '@/features/sso/ProviderDialog';
import type { ProviderForm } from '@/features/sso/provider-form';

/** Whom the provider lets in, and as whom. */
export function AccountFields({ form, set }: PartProps) {
  const line = (name: 'allowed' | 'enforced', label: string, hint: string) => (
    <Field label={label} hint={hint}>
      {(control) => (
        <Input
          {...control}
          autoComplete="off"
          placeholder="example.org, example.com"
          value={form[name]}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
  const check = (name: 'create' | 'link' | 'trust', label: string) => (
    <Checkbox
      checked={form[name]}
      onChange={(event) => set({ [name]: event.target.checked } as Partial<ProviderForm>)}
    >
      {label}
    </Checkbox>
  );
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-medium">Accounts</legend>
        {check('create', 'Make an account at the first sign-in')}
        {check('link', 'Sign in to an existing account with the same email')}
        {check('trust', 'Trust emails that the provider does not call verified')}
      </fieldset>
      {line('allowed', 'Allowed domains', 'Of emails that may sign in; empty: all.')}
      {line(
        'enforced',
        'Enforced domains',
        'Whose emails cannot sign in by password any more. Test the provider first.',
      )}
      <Field label="Claim with groups" hint="Such as groups, or realm_access.roles. Optional.">
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            value={form.texts.groups_claim ?? ''}
            onChange={(event) =>
              set({ texts: { ...form.texts, groups_claim: event.target.value } })
            }
          />
        )}
      </Field>
      {form.texts.groups_claim?.trim() && (
        <GroupPairs pairs={form.groups} onChange={(groups) => set({ groups })} />
      )}
    </>
  );
}
