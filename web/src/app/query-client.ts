import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/api/errors';
import { session, ViewingEnded, type Session } from '@/api/session';

const idOf = (current: Session) => current.status === 'signed-in' && current.user.id;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < 2 &&
        !(error instanceof ApiError && error.status < 500) &&
        !(error instanceof ViewingEnded),
      refetchOnWindowFocus: true,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

// Whoever is next, signed in or looked at, sees nothing of what was loaded for somebody else.
let shownTo = idOf(session.get());
session.subscribe(() => {
  const next = idOf(session.get());
  if (next === shownTo) return;
  shownTo = next;
  queryClient.clear();
});
