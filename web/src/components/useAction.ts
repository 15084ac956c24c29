import { useRef, useState } from 'react';

/** Runs an action of a form: one at a time, its error kept to be shown beside the form. */
export function useAction<Args extends unknown[]>(action: (...args: Args) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const running = useRef(false);
  const run = (...args: Args): void => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(undefined);
    action(...args)
      .catch((reason: unknown) => setError(reason))
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  };
  return { run, busy, error, clear: () => setError(undefined) };
}
