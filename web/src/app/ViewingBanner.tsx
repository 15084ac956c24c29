import { useNavigate } from '@tanstack/react-router';
import { Eye } from 'lucide-react';
import { useEffect, useState } from 'react';
import { endViewing, session, viewingUntil } from '@/api/session';
import { Button } from '@/components/Button';
import { toast } from '@/components/toasts';
import { useStore } from '@/lib/store';

const SECOND = 1000;

const clockText = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Says that the page is shown as somebody else sees it, for as long as that lasts. */
export function ViewingBanner() {
  const current = useStore(session);
  const navigate = useNavigate();
  const [now, setNow] = useState(() => Date.now());
  const viewer = current.status === 'signed-in' ? current.viewer : undefined;
  useEffect(() => {
    if (!viewer) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() < (viewingUntil() ?? 0)) return;
      endViewing();
      toast({ title: 'The time is over: you see OpenBricks as yourself again' });
    }, SECOND);
    return () => clearInterval(timer);
  }, [viewer]);
  if (current.status !== 'signed-in' || !viewer) return null;
  const { name, email } = current.user;
  const stop = () => {
    endViewing();
    void navigate({ to: '/settings', search: { tab: 'users' } });
  };
  return (
    <>
      <div
        role="region"
        aria-label="Viewing as"
        className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 bg-warning-fill px-4 py-1.5 text-on-warning"
      >
        <Eye size={16} aria-hidden className="shrink-0" />
        <p className="min-w-0 flex-1 basis-56 wrap-anywhere">
          You see OpenBricks as <strong>{name || email}</strong>
          {name && <span className="max-md:hidden"> ({email})</span>} does. Nothing can be changed.
        </p>
        <span className="num" aria-label="Time left">
          {clockText((viewingUntil() ?? 0) - now)}
        </span>
        <Button onClick={stop}>Stop viewing</Button>
      </div>
      <div
        aria-hidden
        className="pointer-events-none fixed inset-0 z-50 border-3 border-warning-fill"
      />
    </>
  );
}
