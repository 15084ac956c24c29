import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { explainPermission, type Principal, type Privilege, type Secured } from '@/api/permissions';
import { Button } from '@/components/Button';
import { Field, Select } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { labelOf, nameOf, PRIVILEGES, reasonText } from '@/features/sharing/privileges';
import { PrincipalPicker } from '@/features/sharing/PrincipalPicker';

function Answer(props: { secured: Secured; principal: Principal; privilege: Privilege }) {
  const { secured, principal, privilege } = props;
  const answer = useQuery(explainPermission(secured, principal.id, privilege));
  if (answer.isPending) return <SkeletonRows rows={2} />;
  if (answer.isError) return <FormError error={answer.error} />;
  const { allowed, reasons } = answer.data;
  return (
    <div role="status" className="flex flex-col gap-1">
      <p className="flex items-center gap-1.5 font-medium">
        {allowed ? (
          <CircleCheck size={16} aria-hidden className="text-success" />
        ) : (
          <CircleX size={16} aria-hidden className="text-danger" />
        )}
        {nameOf(principal)} {allowed ? 'may' : 'may not'}: {labelOf(privilege).toLowerCase()}
      </p>
      {reasons.length > 0 ? (
        <ul className="list-disc pl-10 text-muted">
          {reasons.map((reason, index) => (
            <li key={index}>{reasonText(reason)}</li>
          ))}
        </ul>
      ) : (
        <p className="pl-6 text-muted">Nothing was granted to them here or above that allows it.</p>
      )}
    </div>
  );
}

/** Why somebody may do something with the object, or that they may not. */
export function ExplainSection({ secured }: { secured: Secured }) {
  const [principal, setPrincipal] = useState<Principal>();
  const [privilege, setPrivilege] = useState<Privilege>('read');
  return (
    <details className="rounded-lg border border-line">
      <summary className="cursor-default rounded-lg px-3 py-2 font-medium hover:bg-hover">
        Why may somebody do something?
      </summary>
      <div className="flex flex-col gap-3 px-3 pt-1 pb-3">
        {principal ? (
          <div className="flex items-center justify-between gap-2">
            <span className="min-w-0 truncate">
              Of <strong>{nameOf(principal)}</strong>
            </span>
            <Button onClick={() => setPrincipal(undefined)}>Somebody else</Button>
          </div>
        ) : (
          <PrincipalPicker label="Whose rights" kinds={['user', 'service']} onPick={setPrincipal} />
        )}
        <Field label="What they may do">
          {(control) => (
            <Select
              {...control}
              value={privilege}
              onChange={(event) => setPrivilege(event.target.value as Privilege)}
            >
              {PRIVILEGES.map(({ id, label, text }) => (
                <option key={id} value={id}>
                  {label}: {text.toLowerCase()}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {principal && <Answer secured={secured} principal={principal} privilege={privilege} />}
      </div>
    </details>
  );
}
