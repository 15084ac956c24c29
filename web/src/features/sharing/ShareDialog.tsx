import { useQuery } from '@tanstack/react-query';
import { Link2, UserRoundCog } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import {
  permissions,
  removeGrant,
  roles,
  setGrant,
  type Grant,
  type Permissions,
  type Principal,
  type Secured,
} from '@/api/permissions';
import { queryClient } from '@/app/query-client';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Select } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { Modal } from '@/components/Modal';
import { SkeletonRows } from '@/components/Skeleton';
import { copyWithToast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { ExplainSection } from '@/features/sharing/ExplainSection';
import { GrantList } from '@/features/sharing/GrantList';
import { labelOf, nameOf, PRIVILEGES } from '@/features/sharing/privileges';
import { PrincipalPicker } from '@/features/sharing/PrincipalPicker';
import type { Shared } from '@/features/sharing/store';
import { TransferDialog } from '@/features/sharing/TransferDialog';
import { BASE } from '@/lib/base';

/** Shares: what was granted on one object holds on what lies in it, so all are asked again. */
const refresh = () => queryClient.invalidateQueries({ queryKey: ['permissions'] });

const CONTAINERS = new Set<Secured['type']>(['workspace', 'folder', 'catalog', 'schema']);

/** For who may not share it: what they may do, and whom to ask. */
function OwnRights({ data }: { data: Permissions }) {
  return (
    <section aria-label="Your rights" className="flex flex-col gap-2">
      <h3 className="font-medium">What you may do</h3>
      <ul className="flex flex-col gap-1">
        {PRIVILEGES.filter(({ id }) => data.own.includes(id)).map(({ id, text }) => (
          <li key={id} className="flex items-center gap-2">
            <Badge>{labelOf(id)}</Badge>
            <span className="text-muted">{text}</span>
          </li>
        ))}
      </ul>
      <p>
        {data.owner
          ? `${nameOf(data.owner)} owns it and can share it${data.owner.email ? ` (${data.owner.email})` : ''}; so can administrators.`
          : 'Administrators and whoever may manage it can share it.'}
      </p>
    </section>
  );
}

function Managing({
  secured,
  data,
  more,
}: {
  secured: Secured;
  data: Permissions;
  more: ReactNode;
}) {
  const known = useQuery(roles());
  const [role, setRole] = useState('viewer');
  const [removed, setRemoved] = useState<Grant>();
  const offered = known.data ?? [];
  const change = useAction(async (principal: Principal, to: string) => {
    await setGrant(secured, principal.id, { role: to });
    await refresh();
  });
  const remove = useAction(async (grant: Grant) => {
    await removeGrant(secured, grant.principal.id);
    await refresh();
    setRemoved(grant);
  });
  const restore = useAction(async ({ principal, role: had, privileges }: Grant) => {
    await setGrant(secured, principal.id, had ? { role: had.id } : { privileges });
    await refresh();
    setRemoved(undefined);
  });
  const taken = data.grants
    .filter(({ inherited_from }) => !inherited_from)
    .map(({ principal }) => principal.id);
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2">
        <PrincipalPicker
          autoFocus
          label="Add people or groups"
          placeholder="Name, email, group or everyone"
          exclude={[...taken, ...(data.owner ? [data.owner.id] : [])]}
          onPick={(principal) => change.run(principal, role)}
        />
        <Field label="As">
          {(control) => (
            <Select
              {...control}
              className="max-w-36"
              value={role}
              onChange={(event) => setRole(event.target.value)}
            >
              {offered.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <p className="col-span-2 text-sm text-muted">
          {offered.find(({ id }) => id === role)?.text}
          {CONTAINERS.has(secured.type) && ' It holds on all that lies in it.'}
        </p>
      </div>
      <FormError error={change.error ?? remove.error ?? restore.error ?? known.error} />
      {removed && (
        <div
          role="status"
          className="flex items-center justify-between gap-2 rounded-md bg-hover py-1 pr-1 pl-3"
        >
          <span className="min-w-0 truncate">{nameOf(removed.principal)} was removed</span>
          <Button variant="ghost" busy={restore.busy} onClick={() => restore.run(removed)}>
            Undo
          </Button>
        </div>
      )}
      <GrantList
        owner={data.owner}
        grants={data.grants}
        roles={offered}
        busy={change.busy || remove.busy || restore.busy}
        onRole={change.run}
        onRemove={remove.run}
      />
      {more}
      <ExplainSection secured={secured} />
    </>
  );
}

interface Props extends Shared {
  onClose(): void;
}

/** Who has access to an object, and why; for who may manage it, also to change that. */
export function ShareDialog({ secured, name, path, more, onClose }: Props) {
  const shared = useQuery(permissions(secured));
  const [giving, setGiving] = useState(false);
  const manages = shared.data?.own.includes('manage') ?? false;
  if (giving && shared.data) {
    return (
      <TransferDialog
        secured={secured}
        name={name}
        owner={shared.data.owner}
        onDone={refresh}
        onClose={() => setGiving(false)}
      />
    );
  }
  const link = `${location.origin}${path === undefined ? location.pathname : BASE + path}`;
  return (
    <Modal
      title={`Share ${name}`}
      onClose={onClose}
      medium
      footer={
        <>
          {manages && (
            <Button
              variant="ghost"
              className="mr-auto"
              icon={<UserRoundCog size={14} />}
              onClick={() => setGiving(true)}
            >
              Change owner
            </Button>
          )}
          <Button icon={<Link2 size={14} />} onClick={() => copyWithToast(link, 'Link')}>
            Copy link
          </Button>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      {shared.isPending && <SkeletonRows rows={4} />}
      {shared.isError && <ErrorPanel error={shared.error} retry={shared.refetch} />}
      {shared.data &&
        (manages ? (
          <Managing secured={secured} data={shared.data} more={more} />
        ) : (
          <OwnRights data={shared.data} />
        ))}
    </Modal>
  );
}
