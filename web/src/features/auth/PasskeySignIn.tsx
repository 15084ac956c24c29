import { useQuery } from '@tanstack/react-query';
import { Fingerprint } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { authSettings } from '@/api/account';
import { ApiError } from '@/api/errors';
import {
  inWords,
  passkeysWork,
  startPasskeySecondFactor,
  startPasskeySignIn,
  provePasskey,
} from '@/api/passkeys';
import { completeWithPasskey, signInWithPasskey } from '@/api/session';
import { startUrl } from '@/api/sso';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { stepAfter, type Step } from '@/features/auth/sign-in-step';

const RENEW = 240_000; // milliseconds, before the challenge is too old

/** Offers passkeys where the browser fills in the email; ends once one was chosen and signed in. */
async function signInByAutofill(signal: AbortSignal): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (!signal.aborted) {
    const asked = await startPasskeySignIn();
    const round = AbortSignal.any([signal, AbortSignal.timeout(RENEW)]);
    const proof = await provePasskey(asked, { mediation: 'conditional', signal: round }).catch(
      (error: unknown) => {
        if (!round.aborted) throw error;
      },
    );
    if (proof) return signInWithPasskey(proof);
  }
}

interface Props {
  next: string;
  onStep(step: Step): void;
}

function Offer({ next, onStep }: Props) {
  const waiting = useRef<AbortController>(undefined);
  const [refused, setRefused] = useState<unknown>();
  const [round, setRound] = useState(0);
  const goOn = (error: unknown) => {
    if (error instanceof ApiError && error.provider) {
      window.location.assign(startUrl(error.provider, next));
      return;
    }
    const step = stepAfter(error);
    if (!step) throw inWords(error);
    onStep(step);
  };
  const action = useAction(async () => {
    // The browser asks for one passkey at a time.
    waiting.current?.abort();
    setRefused(undefined);
    try {
      await signInWithPasskey(await provePasskey(await startPasskeySignIn()));
    } catch (error) {
      setRound((last) => last + 1);
      goOn(error);
    }
  });
  useEffect(() => {
    const stop = new AbortController();
    waiting.current = stop;
    signInByAutofill(stop.signal)
      .catch((error: unknown) => {
        // Without the offer there is still the button; only what came of a passkey is told.
        if (stop.signal.aborted || !(error instanceof ApiError)) return;
        goOn(error);
      })
      .catch(setRefused);
    return () => stop.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- goes on with what is set above
  }, [round]);
  return (
    <div className="mb-4 flex flex-col gap-2">
      <Button
        icon={<Fingerprint size={14} aria-hidden className="text-muted" />}
        busy={action.busy}
        onClick={() => action.run()}
        className="h-9"
      >
        Sign in with a passkey
      </Button>
      <FormError error={action.error ?? refused} />
      <p className="mt-2 flex items-center gap-3 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
    </div>
  );
}

/** Signing in without a password; nothing where passkeys do not work. */
export function PasskeySignIn(props: Props) {
  const settings = useQuery(authSettings());
  return passkeysWork(settings.data?.passkey_origin) ? <Offer {...props} /> : null;
}

/** A passkey in place of the code that a sign-in still lacks. */
export function PasskeyStep(props: { challenge: string; onError(error: unknown): void }) {
  const settings = useQuery(authSettings());
  const action = useAction(async () => {
    try {
      const asked = await startPasskeySecondFactor(props.challenge);
      await completeWithPasskey(props.challenge, await provePasskey(asked));
    } catch (error) {
      props.onError(error);
      throw inWords(error);
    }
  });
  if (!passkeysWork(settings.data?.passkey_origin)) return null;
  return (
    <div className="mt-4 flex flex-col gap-2 border-t border-line pt-4">
      <Button
        icon={<Fingerprint size={14} aria-hidden className="text-muted" />}
        busy={action.busy}
        onClick={() => action.run()}
        className="h-9"
      >
        Use a passkey instead
      </Button>
      <FormError error={action.error} />
    </div>
  );
}
