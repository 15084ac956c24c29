import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { disableSecondFactor, secondFactor } from '@/api/account';
import { queryClient } from '@/app/query-client';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormModal } from '@/components/FormModal';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { EnrolDialog } from '@/features/keys/EnrolDialog';
import { CodeField, OwnPasswordField } from '@/features/keys/ProofFields';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['second-factor'] });

function DisableDialog({ onClose }: { onClose(): void }) {
  const [values, setValues] = useState({ password: '', code: '' });
  const disable = useAction(async () => {
    await disableSecondFactor(values);
    await refresh();
    onClose();
  });
  return (
    <FormModal
      title="Turn off the second factor?"
      onClose={onClose}
      onSubmit={() => values.password && values.code && disable.run()}
      submit="Turn off"
      danger
      busy={disable.busy}
      disabled={!values.password || !values.code}
      error={disable.error}
    >
      <OwnPasswordField
        autoFocus
        value={values.password}
        onChange={(next) => setValues({ ...values, password: next })}
      />
      <CodeField
        hint="Of the app, or a recovery code."
        value={values.code}
        onChange={(next) => setValues({ ...values, code: next })}
      />
    </FormModal>
  );
}

/** Whether signing in takes a code of an authenticator app too. */
export function SecondFactorSection() {
  const state = useQuery(secondFactor());
  const [open, setOpen] = useState<'enrol' | 'disable'>();
  const close = () => setOpen(undefined);
  if (state.isPending) return <SkeletonRows rows={1} />;
  if (state.isError) return <ErrorPanel error={state.error} retry={state.refetch} />;
  const { enabled, recovery_codes: left } = state.data;
  return (
    <section className="flex flex-col gap-3">
      <h2 className="flex items-center gap-2 text-lg">
        Second factor {enabled && <Badge tone="success">on</Badge>}
      </h2>
      <p className="max-w-[60ch] text-muted">
        {enabled
          ? `Signing in takes a code of your authenticator app. ${left} recovery codes are left.`
          : 'Let signing in take a code of an authenticator app too, so that a stolen password is not enough.'}
      </p>
      <Button onClick={() => setOpen(enabled ? 'disable' : 'enrol')} className="self-start">
        {enabled ? 'Turn off' : 'Turn on'}
      </Button>
      {open === 'enrol' && <EnrolDialog onClose={close} onDone={refresh} />}
      {open === 'disable' && <DisableDialog onClose={close} />}
    </section>
  );
}
