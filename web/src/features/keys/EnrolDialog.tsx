import { useMemo, useState } from 'react';
import { encode } from 'uqr';
import { confirmSecondFactor, enrolSecondFactor } from '@/api/account';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { Modal } from '@/components/Modal';
import { useAction } from '@/components/useAction';
import { OwnPasswordField } from '@/features/keys/ProofFields';

/** A QR code as one path; always dark on light, as scanners want it. */
function QrCode({ text }: { text: string }) {
  const { data, size } = useMemo(() => encode(text, { ecc: 'M', border: 2 }), [text]);
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg
      role="img"
      aria-label="QR code of the key"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 self-center rounded-md"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

interface Props {
  onClose(): void;
  onDone(): Promise<unknown>;
}

/** Password, then the key and a first code, then the recovery codes. */
export function EnrolDialog({ onClose, onDone }: Props) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [made, setMade] = useState<{ secret: string; url: string }>();
  const [codes, setCodes] = useState<string[]>();
  const start = useAction(async () => setMade(await enrolSecondFactor(password)));
  const confirm = useAction(async () => {
    setCodes((await confirmSecondFactor(code)).recovery_codes);
    await onDone();
  });
  if (codes) {
    return (
      <Modal
        title="Keep your recovery codes"
        onClose={onClose}
        footer={
          <Button variant="primary" onClick={onClose}>
            I have kept them
          </Button>
        }
      >
        <p className="text-muted">
          Each signs you in once when you do not have your app. They are not shown again.
        </p>
        <div className="flex items-start gap-2">
          <ul className="grid flex-1 grid-cols-2 gap-x-6 gap-y-1 rounded-md bg-panel p-3 font-mono">
            {codes.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
          <CopyButton text={codes.join('\n')} label="Copy the recovery codes" />
        </div>
      </Modal>
    );
  }
  if (made) {
    return (
      <FormModal
        title="Add the key to your app"
        onClose={onClose}
        onSubmit={() => code.trim() && confirm.run()}
        submit="Turn on"
        busy={confirm.busy}
        disabled={!code.trim()}
        error={confirm.error}
      >
        <p className="text-muted">Scan it with your authenticator app, or type the key there.</p>
        <QrCode text={made.url} />
        <p className="flex items-center gap-1 font-mono text-sm wrap-anywhere">
          <span className="min-w-0 flex-1">{made.secret.replace(/(.{4})(?=.)/g, '$1 ')}</span>
          <CopyButton text={made.secret} label="Copy the key" />
        </p>
        <Field label="Code" hint="The six digits that the app shows now.">
          {(control) => (
            <Input
              {...control}
              autoFocus
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          )}
        </Field>
      </FormModal>
    );
  }
  return (
    <FormModal
      title="Turn on the second factor"
      onClose={onClose}
      onSubmit={() => password && start.run()}
      submit="Go on"
      busy={start.busy}
      disabled={!password}
      error={start.error}
    >
      <OwnPasswordField autoFocus value={password} onChange={setPassword} />
    </FormModal>
  );
}
