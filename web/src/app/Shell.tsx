import { Outlet, useMatch, useRouter } from '@tanstack/react-router';
import { createElement, lazy, Suspense, useEffect, useState, type ComponentType } from 'react';
import { restoreSession, session } from '@/api/session';
import { ConnectionBanner } from '@/app/ConnectionBanner';
import { Logo } from '@/app/Logo';
import { GuestFrame } from '@/app/GuestFrame';
import { closeOverlay, leaving, overlay } from '@/app/overlays';
import { loadedFormats, loadPreferences } from '@/app/preferences';
import { Rail } from '@/app/Rail';
import { useGlobalKeys } from '@/app/useGlobalKeys';
import { SignOutModal } from '@/app/SignOutModal';
import { ViewingBanner } from '@/app/ViewingBanner';
import { ErrorPanel } from '@/components/ErrorPanel';
import { toastError } from '@/components/toasts';
import { catalogDialog } from '@/features/catalog/dialogs/store';
import { shared } from '@/features/sharing/store';
import { createStore, useStore } from '@/lib/store';

// Not lazy(): that shows nothing for a moment even when it is loaded, and the first letters typed
// after Ctrl-K would be lost.
const palette = createStore<ComponentType | undefined>(undefined);
const loadPalette = async () => {
  const { CommandPalette } = await import('@/app/CommandPalette');
  palette.set(() => CommandPalette);
};
const ShortcutsModal = lazy(() =>
  import('@/app/ShortcutsModal').then((module) => ({ default: module.ShortcutsModal })),
);
const ShareDialog = lazy(() =>
  import('@/features/sharing/ShareDialog').then((module) => ({ default: module.ShareDialog })),
);
const CatalogDialogs = lazy(() =>
  import('@/features/catalog/dialogs/CatalogDialogs').then((module) => ({
    default: module.CatalogDialogs,
  })),
);

const PRELOAD_DELAY = 1500; // milliseconds after the page has come up

function Starting() {
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    restoreSession().catch(setError);
  }, [round]);
  const retry = () => {
    setError(undefined);
    setRound(round + 1);
  };
  if (error) return <ErrorPanel error={error} retry={retry} />;
  return (
    <div role="status" aria-label="Starting" className="flex h-full items-center justify-center">
      <div className="animate-pulse">
        <Logo size={40} />
      </div>
    </div>
  );
}

function Overlays() {
  const current = useStore(overlay);
  const dialog = useStore(catalogDialog);
  const share = useStore(shared);
  const lost = useStore(leaving);
  const loaded = useStore(palette);
  useEffect(() => {
    if (current !== 'palette') return;
    loadPalette().catch((error: unknown) => {
      closeOverlay();
      toastError('Could not open the search', error);
    });
  }, [current]);
  return (
    <Suspense>
      {current === 'palette' && loaded && createElement(loaded)}
      {current === 'shortcuts' && <ShortcutsModal />}
      {lost !== undefined && <SignOutModal lost={lost} onClose={() => leaving.set(undefined)} />}
      {dialog && <CatalogDialogs dialog={dialog} />}
      {share && <ShareDialog {...share} onClose={() => shared.set(undefined)} />}
    </Suspense>
  );
}

function SignedIn() {
  useGlobalKeys();
  const formats = useStore(loadedFormats);
  useEffect(() => {
    // Without them the page works as the browser prefers.
    loadPreferences().catch((error: unknown) => toastError('Could not load preferences', error));
    // In time for the first Ctrl-K.
    const timer = setTimeout(() => loadPalette().catch(() => undefined), PRELOAD_DELAY);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="flex h-dvh flex-col">
      <ViewingBanner />
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        <Rail />
        <main key={formats} className="flex min-h-0 min-w-0 flex-1 flex-col">
          <Outlet />
        </main>
      </div>
      <Overlays />
    </div>
  );
}

/** Everything behind the sign-in. */
export function Shell() {
  const current = useStore(session);
  const { status } = current;
  const router = useRouter();
  // A document may be open to whoever has its address.
  const document = useMatch({ from: '/shell/documents/$document', shouldThrow: false });
  const guest = status === 'signed-out' && document !== undefined;
  useEffect(() => {
    if (status !== 'signed-out' || guest) return;
    const { href } = router.state.location;
    void router.navigate({ to: '/sign-in', search: href === '/' ? {} : { next: href } });
  }, [status, guest, router]);
  if (current.status === 'starting') return <Starting />;
  if (guest) return <GuestFrame />;
  if (current.status !== 'signed-in') return null;
  return <SignedIn key={`${current.user.id}:${current.viewer?.id ?? ''}`} />;
}
