import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Logo } from '@/app/Logo';
import { useTitle } from '@/lib/hooks';

const LINK = 'text-accent underline underline-offset-2';

/** The frame of all pages for those who are not signed in. */
export function AuthPage({
  title,
  heading = title,
  children,
  below,
}: {
  title: string;
  heading?: string;
  children: ReactNode;
  below?: ReactNode;
}) {
  useTitle(title);
  return (
    <main className="flex h-dvh flex-col items-center overflow-y-auto bg-panel px-4 pt-[14vh]">
      <div className="w-full max-w-[360px] pb-8">
        <div className="mb-6 flex items-center gap-3">
          <Logo size={36} />
          <h1 className="text-2xl">{heading}</h1>
        </div>
        <section className="rounded-lg border border-line bg-raised p-5">{children}</section>
        {below && <div className="mt-4 flex flex-col gap-2 text-sm text-muted">{below}</div>}
      </div>
    </main>
  );
}

/** What a page says once there is nothing more to do on it. */
export function Said({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="flex flex-col gap-3">
      {children}
    </div>
  );
}

export function ToSignIn({ children = 'Sign in' }: { children?: ReactNode }) {
  return (
    <Link to="/sign-in" className={LINK}>
      {children}
    </Link>
  );
}

export const linkClass = LINK;

/** The token of the link that led here. It leaves the address at once, and so the history. */
export function useLinkToken(): string {
  const [token] = useState(() => {
    const found = new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '';
    if (found) window.history.replaceState(null, '', window.location.pathname);
    return found;
  });
  return token;
}
