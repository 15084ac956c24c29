import { useQueryClient } from '@tanstack/react-query';
import { WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { online } from '@/api/client';
import { BASE } from '@/lib/base';
import { useStore } from '@/lib/store';

const RETRY = 3000; // milliseconds

/** Says that the server does not answer, and notices when it does again. */
export function ConnectionBanner() {
  const connected = useStore(online);
  const client = useQueryClient();
  useEffect(() => {
    if (connected) return;
    const timer = setInterval(() => {
      fetch(`${BASE}/healthz`, { cache: 'no-store' }).then(
        (response) => {
          if (!response.ok) return;
          online.set(true);
          void client.invalidateQueries();
        },
        () => undefined, // still away: the next round asks again
      );
    }, RETRY);
    return () => clearInterval(timer);
  }, [connected, client]);
  if (connected) return null;
  return (
    <div
      role="status"
      className="flex items-center justify-center gap-2 bg-warning-soft px-3 py-1 text-warning"
    >
      <WifiOff size={14} /> The server cannot be reached. Trying again…
    </div>
  );
}
