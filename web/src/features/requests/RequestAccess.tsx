import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { ApiError } from '@/api/errors';
import { roles, type Secured } from '@/api/permissions';
import { requestAccess } from '@/api/requests';
import { queryClient } from '@/app/query-client';
import { Button } from '@/components/Button';
import { Field, Select, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { TYPE_NAMES } from '@/features/sharing/privileges';

interface Props {
  secured: Secured;
  /** Why the object could not be shown. */
  error: unknown;
}

/** Whether asking may help: it is not there for the caller, or they may not see it. */
const refused = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 404 || error.status === 403);

/** Below a refusal: asks whoever owns the object for access. */
export function RequestAccess({ secured, error }: Props) {
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState(false);
  const [role, setRole] = useState('viewer');
  const [message, setMessage] = useState('');
  const known = useQuery({ ...roles(), enabled: open });
  const send = useAction(async () => {
    await requestAccess(secured, role, message.trim());
    await queryClient.invalidateQueries({ queryKey: ['access-requests'] });
    setOpen(false);
    setSent(true);
  });
  if (!refused(error)) return null;
  // These are called by their ids, which tell nobody anything.
  const byId = ['workspace', 'folder', 'saved_query'].includes(secured.type);
  const type = TYPE_NAMES[secured.type];
  const what = byId ? `this ${type}` : `the ${type} ${secured.object}`;
  return (
    <div className="flex flex-col items-start gap-2 px-6 pb-6">
      {sent ? (
        <p role="status" className="flex items-start gap-2">
          <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-success" />
          <span>
            If {what} is there, its owner was asked. You get a letter when they decide; see{' '}
            <Link to="/requests" className="text-accent underline">
              your requests
            </Link>
            .
          </span>
        </p>
      ) : (
        <>
          <p className="text-muted">
            It may be there, only not for you. Its owner can change that.
          </p>
          <Button icon={<KeyRound size={14} />} onClick={() => setOpen(true)}>
            Request access
          </Button>
        </>
      )}
      {open && (
        <FormModal
          title="Request access"
          description={`To ${what}. Its owner gets a letter, if there is such a thing.`}
          submit="Send request"
          busy={send.busy}
          error={send.error ?? known.error}
          onSubmit={send.run}
          onClose={() => setOpen(false)}
        >
          <Field label="As" hint={known.data?.find(({ id }) => id === role)?.text}>
            {(control) => (
              <Select {...control} value={role} onChange={(event) => setRole(event.target.value)}>
                {(known.data ?? []).map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="What you need it for" hint="The owner reads it. Optional.">
            {(control) => (
              <TextArea
                {...control}
                autoFocus
                maxLength={1900}
                value={message}
                onChange={(event) => setMessage(event.target.value)}
              />
            )}
          </Field>
        </FormModal>
      )}
    </div>
  );
}
