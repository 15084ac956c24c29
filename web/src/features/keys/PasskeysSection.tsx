import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { authSettings } from '@/api/account';
import { passkeys, passkeysWork } from '@/api/passkeys';
import type { Passkey } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import {
  AddPasskeyDialog,
  RemovePasskeyDialog,
  RenamePasskeyDialog,
} from '@/features/keys/PasskeyDialogs';

type Open = 'add' | { rename: Passkey } | { remove: Passkey };

function PasskeyRow({ item, onOpen }: { item: Passkey; onOpen(open: Open): void }) {
  return (
    <li className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-0 flex-1 basis-48">
        <span className="flex items-center gap-2 font-medium">
          <span className="truncate">{item.name}</span>
          {item.backed_up && <Badge tone="accent">synced</Badge>}
        </span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          <span>
            added <Ago time={item.created_at} />
          </span>
          {item.last_used_at ? (
            <span>
              used <Ago time={item.last_used_at} />
            </span>
          ) : (
            <span>never used</span>
          )}
        </span>
      </span>
      <span className="flex gap-2">
        <Button onClick={() => onOpen({ rename: item })} aria-label={`Rename ${item.name}`}>
          Rename
        </Button>
        <Button onClick={() => onOpen({ remove: item })} aria-label={`Remove ${item.name}`}>
          Remove
        </Button>
      </span>
    </li>
  );
}

/** Why none can be added here; undefined where they can. */
function obstacle(origin: string): string | undefined {
  if (!origin) {
    return 'Passkeys need an address with a name and TLS, which this server does not have. An administrator can set it.';
  }
  if (origin !== window.location.origin) return `Open the page at ${origin} to add a passkey.`;
  return passkeysWork(origin) ? undefined : 'This browser does not know passkeys.';
}

/** Keys of the own devices that sign in without a password. */
export function PasskeysSection() {
  const list = useQuery(passkeys());
  const settings = useQuery(authSettings());
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  if (list.isPending || settings.isPending) return <SkeletonRows rows={1} />;
  if (list.isError) return <ErrorPanel error={list.error} retry={list.refetch} />;
  if (settings.isError) return <ErrorPanel error={settings.error} retry={settings.refetch} />;
  const { items, password } = list.data;
  const problem = obstacle(settings.data.passkey_origin);
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-lg">Passkeys</h2>
      {items.length > 0 ? (
        <ul aria-label="Passkeys" className="rounded-lg border border-line">
          {items.map((item) => (
            <PasskeyRow key={item.id} item={item} onOpen={setOpen} />
          ))}
        </ul>
      ) : (
        <p className="max-w-[60ch] text-muted">
          You have no passkeys yet. With one you sign in by fingerprint, face or PIN of your device,
          without a password.
        </p>
      )}
      {problem ? (
        <p className="max-w-[60ch] text-muted wrap-anywhere">{problem}</p>
      ) : (
        <Button onClick={() => setOpen('add')} className="self-start">
          Add a passkey
        </Button>
      )}
      {open === 'add' && <AddPasskeyDialog password={password} onClose={close} />}
      {typeof open === 'object' && 'rename' in open && (
        <RenamePasskeyDialog item={open.rename} onClose={close} />
      )}
      {typeof open === 'object' && 'remove' in open && (
        <RemovePasskeyDialog item={open.remove} password={password} onClose={close} />
      )}
    </section>
  );
}
