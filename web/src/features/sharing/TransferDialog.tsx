import { useState } from 'react';
import { transferOwnership, type Principal, type Secured } from '@/api/permissions';
import { Button } from '@/components/Button';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { nameOf } from '@/features/sharing/privileges';
import { PrincipalLabel } from '@/features/sharing/PrincipalLabel';
import { PrincipalPicker } from '@/features/sharing/PrincipalPicker';

interface Props {
  secured: Secured;
  name: string;
  owner: Principal | undefined;
  onDone(): Promise<unknown>;
  onClose(): void;
}

/** Gives an object to another owner, once that was confirmed. */
export function TransferDialog({ secured, name, owner, onDone, onClose }: Props) {
  const [heir, setHeir] = useState<Principal>();
  const give = useAction(async () => {
    if (!heir) return;
    await transferOwnership(secured, heir.id);
    await onDone();
    toast({ title: `${nameOf(heir)} owns ${name} now`, tone: 'success' });
    onClose();
  });
  return (
    <FormModal
      title={`Give ${name} to another owner`}
      submit="Give away"
      danger
      disabled={!heir}
      busy={give.busy}
      error={give.error}
      onSubmit={() => heir && give.run()}
      onClose={onClose}
    >
      <p className="text-muted">
        The owner may do everything with it.{' '}
        {owner
          ? `${nameOf(owner)} keeps only what was granted to them besides.`
          : 'Only the owner and administrators can give it back.'}
      </p>
      {heir ? (
        <div className="flex items-center justify-between gap-2 rounded-lg border border-line px-3 py-2">
          <PrincipalLabel principal={heir} />
          <Button onClick={() => setHeir(undefined)}>Somebody else</Button>
        </div>
      ) : (
        <PrincipalPicker
          autoFocus
          label="New owner"
          kinds={['user', 'service', 'group']}
          exclude={owner ? [owner.id] : []}
          onPick={setHeir}
        />
      )}
    </FormModal>
  );
}
