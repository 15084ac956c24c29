import { useEffect, useState } from 'react';
import { LiveDocument, type LiveOptions } from '@/features/documents/editor/live';
import { createStore, useStore } from '@/lib/store';

/** The live document while the page shows it. */
export function useLive({ id, share, user }: LiveOptions): LiveDocument | undefined {
  const [opened] = useState(() => createStore<LiveDocument | undefined>(undefined));
  useEffect(() => {
    const live = new LiveDocument({ id, share, user });
    opened.set(live);
    const leave = (event: BeforeUnloadEvent) => {
      if (live.state.get().waiting > 0) event.preventDefault();
    };
    window.addEventListener('beforeunload', leave);
    return () => {
      window.removeEventListener('beforeunload', leave);
      opened.set(undefined);
      live.destroy();
    };
  }, [id, share, user, opened]);
  return useStore(opened);
}
