import { Link, useRouter } from '@tanstack/react-router';
import { PageLoadError } from '@/app/lazy-page';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';

/** Stands in a page's place when it throws. */
export function RouteError({ error, reset }: { error: unknown; reset(): void }) {
  const router = useRouter();
  const retry = () => {
    // A browser keeps a failed import, and after an update the old parts are gone for good.
    if (error instanceof PageLoadError) location.reload();
    reset();
    return router.invalidate();
  };
  return <ErrorPanel error={error} retry={retry} />;
}

export function NotFoundPage() {
  return (
    <main className="flex h-dvh flex-col">
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        title="There is no such page"
        actions={
          <Link to="/" className="text-accent hover:underline">
            Go to the start page
          </Link>
        }
      >
        The address may be mistyped, or what it named was removed.
      </EmptyState>
    </main>
  );
}
