import { useQuery } from '@tanstack/react-query';
import { Check, KeyRound, X } from 'lucide-react';
import { useState } from 'react';
import { roles, type Role } from '@/api/permissions';
import { accessRequests, decideRequest, type AccessRequest } from '@/api/requests';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Select } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { ObjectName } from '@/features/requests/ObjectName';
import { useTitle } from '@/lib/hooks';

const ROW = 'flex flex-col gap-2 border-b border-line px-3 py-2.5 last:border-0';
const TONES = { open: 'warning', granted: 'success', refused: 'danger' } as const;

const toneOf = (state: string) =>
  state in TONES ? TONES[state as keyof typeof TONES] : ('neutral' as const);
const roleName = (known: Role[], id: string) => known.find((role) => role.id === id)?.name ?? id;

function OpenRequest({ request, known }: { request: AccessRequest; known: Role[] }) {
  const [role, setRole] = useState(request.role);
  const decide = useAction(async (grant: boolean) => {
    await decideRequest(request.id, grant ? role : undefined);
    toast({
      title: grant ? `${request.requester} has access now` : `${request.requester} was refused`,
      tone: 'success',
    });
    await Promise.all(
      ['access-requests', 'permissions'].map((key) =>
        queryClient.invalidateQueries({ queryKey: [key] }),
      ),
    );
  });
  return (
    <li className={ROW}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="min-w-0 flex-1 basis-60">
          <span className="block font-medium wrap-anywhere">{request.requester}</span>
          <span className="block text-sm wrap-anywhere text-muted">
            asks for the <ObjectName request={request} /> · <Ago time={request.created_at} />
          </span>
        </span>
        <span className="flex flex-wrap items-center gap-2">
          <Select
            aria-label={`Role for ${request.requester}`}
            className="w-auto! max-w-40"
            value={role}
            onChange={(event) => setRole(event.target.value)}
          >
            {known.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <Button
            variant="primary"
            icon={<Check size={14} />}
            disabled={decide.busy}
            onClick={() => decide.run(true)}
          >
            Grant
          </Button>
          <Button icon={<X size={14} />} disabled={decide.busy} onClick={() => decide.run(false)}>
            Refuse
          </Button>
        </span>
      </div>
      {request.message && (
        <blockquote className="border-l-2 border-line-strong pl-3 wrap-anywhere whitespace-pre-wrap">
          {request.message}
        </blockquote>
      )}
      <FormError error={decide.error} />
    </li>
  );
}

function OwnRequest({ request, known }: { request: AccessRequest; known: Role[] }) {
  return (
    <li className={ROW}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-60">
          <span className="block font-medium wrap-anywhere">
            <ObjectName request={request} />
          </span>
          <span className="block text-sm text-muted">
            as {roleName(known, request.role)} · asked <Ago time={request.created_at} />
            {request.decided_at && (
              <>
                {' '}
                · decided <Ago time={request.decided_at} />
              </>
            )}
          </span>
        </span>
        <Badge tone={toneOf(request.state)}>{request.state}</Badge>
      </div>
    </li>
  );
}

/** Requests for access: those to decide on, and one's own. */
export function RequestsPage() {
  useTitle('Access requests');
  const list = useQuery(accessRequests());
  const known = useQuery(roles());
  const failed = list.error ?? known.error;
  const own = (list.data ?? []).filter((request) => request.own);
  const others = (list.data ?? []).filter((request) => !request.own && request.state === 'open');
  return (
    <>
      <PageHeader crumbs={[{ label: 'Access requests' }]} />
      {failed ? (
        <ErrorPanel error={failed} retry={() => Promise.all([list.refetch(), known.refetch()])} />
      ) : !list.data || !known.data ? (
        <SkeletonRows />
      ) : own.length + others.length === 0 ? (
        <EmptyState icon={<KeyRound size={28} />} title="No requests">
          Where something is not there for you, its page lets you ask for access. Requests for what
          you own or manage come up here.
        </EmptyState>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <div className="flex max-w-[860px] flex-col gap-6 p-4 md:p-6">
            <section className="flex flex-col gap-2">
              <h2 className="text-lg">To decide</h2>
              {others.length === 0 ? (
                <p className="text-muted">Nobody waits for you.</p>
              ) : (
                <ul aria-label="Requests to decide" className="rounded-lg border border-line">
                  {others.map((request) => (
                    <OpenRequest key={request.id} request={request} known={known.data} />
                  ))}
                </ul>
              )}
            </section>
            <section className="flex flex-col gap-2">
              <h2 className="text-lg">Your own</h2>
              {own.length === 0 ? (
                <p className="text-muted">You asked for nothing yet.</p>
              ) : (
                <ul aria-label="Your requests" className="rounded-lg border border-line">
                  {own.map((request) => (
                    <OwnRequest key={request.id} request={request} known={known.data} />
                  ))}
                </ul>
              )}
            </section>
          </div>
        </div>
      )}
    </>
  );
}
