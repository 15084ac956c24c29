import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { decideDevice, showDevice } from '@/api/account';
import { session } from '@/api/session';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { Field, Input } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { PageHeader } from '@/components/PageHeader';
import { useAction } from '@/components/useAction';
import { deviceName } from '@/features/keys/device';
import { useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

type Shown = Awaited<ReturnType<typeof showDevice>>;

function CodeForm({ code, onShown }: { code: string; onShown(code: string, shown: Shown): void }) {
  const [typed, setTyped] = useState(code);
  const look = useAction(async () => onShown(typed, await showDevice(typed.trim())));
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim()) look.run();
      }}
      className="flex flex-col gap-4"
    >
      <p className="text-muted">
        A program wants to act as you. Go on only if you started it yourself just now, and it shows
        this very code.
      </p>
      <Field label="Code">
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            className="h-9 font-mono tracking-widest uppercase"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <FormError error={look.error} />
      <Button
        variant="primary"
        type="submit"
        busy={look.busy}
        disabled={!typed.trim()}
        className="self-start"
      >
        Go on
      </Button>
    </form>
  );
}

/** Where people approve the sign-in of a program, such as the command line. */
export function DevicePage() {
  useTitle('Approve a program');
  const { code = '' } = useSearch({ from: '/shell/device' });
  const current = useStore(session);
  const [found, setFound] = useState<{ code: string; shown: Shown }>();
  const [done, setDone] = useState<'approved' | 'refused'>();
  const decide = useAction(async (approve: boolean) => {
    if (!found) return;
    await decideDevice({ user_code: found.code.trim(), approve });
    setDone(approve ? 'approved' : 'refused');
  });
  return (
    <>
      <PageHeader crumbs={[{ label: 'Approve a program' }]} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="flex max-w-[480px] flex-col gap-4 p-4 md:p-6">
          {!found && (
            <CodeForm code={code} onShown={(typed, shown) => setFound({ code: typed, shown })} />
          )}
          {found && !done && (
            <>
              <p>
                <b>{deviceName(found.shown.user_agent)}</b> at{' '}
                <code className="font-mono text-sm">{found.shown.address}</code> asked{' '}
                <Ago time={found.shown.created_at} /> to act as{' '}
                <b>{current.status === 'signed-in' && current.user.email}</b>.
              </p>
              <FormError error={decide.error} />
              <div className="flex gap-2">
                <Button variant="primary" busy={decide.busy} onClick={() => decide.run(true)}>
                  Approve
                </Button>
                <Button disabled={decide.busy} onClick={() => decide.run(false)}>
                  Refuse
                </Button>
              </div>
            </>
          )}
          {done && (
            <p role="status">
              {done === 'approved'
                ? 'Approved. The program goes on by itself; you can close this page.'
                : 'Refused. The program does not get in.'}
            </p>
          )}
        </div>
      </div>
    </>
  );
}
