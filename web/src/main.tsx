import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Tooltip } from 'radix-ui';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { watchErrors } from '@/api/page-errors';
import { watchOwner } from '@/app/own-storage';
import { queryClient } from '@/app/query-client';
import { router } from '@/app/router';
import { watchSessions } from '@/features/documents/local-copies';
import { Toaster } from '@/components/Toaster';
import '@/styles/index.css';

watchErrors(() => router.state.matches.at(-1)?.fullPath ?? '');
watchSessions();
watchOwner();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={400} skipDelayDuration={200}>
        <RouterProvider router={router} />
        <Toaster />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
