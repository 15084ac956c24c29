import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Logo } from '@/app/Logo';

/** Around a page for people who are not signed in: no rail, only the way to sign in. */
export function GuestFrame() {
  const href = useLocation({ select: (location) => location.href });
  return (
    <div className="flex h-dvh flex-col">
      <header className="no-print flex h-10 shrink-0 items-center gap-2 border-b border-line bg-panel px-4">
        <Logo size={20} />
        <span className="flex-1 font-medium">OpenBricks</span>
        <Link
          to="/sign-in"
          search={{ next: href }}
          className="rounded-sm text-accent hover:underline"
        >
          Sign in
        </Link>
      </header>
      <main className="flex min-h-0 min-w-0 flex-1 flex-col">
        <Outlet />
      </main>
    </div>
  );
}
