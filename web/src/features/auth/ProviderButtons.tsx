import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { offeredProviders, startUrl, type OfferedProvider } from '@/api/sso';

/** A link, not a button: the server's answer leads to the provider. */
export function ProviderLink({ provider, next }: { provider: OfferedProvider; next: string }) {
  return (
    <a
      href={startUrl(provider.slug, next)}
      className="inline-flex h-9 min-w-0 items-center justify-center gap-2 rounded-md border border-line-strong bg-raised px-3 font-medium transition-colors hover:bg-hover"
    >
      <KeyRound size={14} aria-hidden className="shrink-0 text-muted" />
      <span className="truncate">Continue with {provider.name}</span>
    </a>
  );
}

/** The providers of single sign-on; nothing where there are none. */
export function ProviderButtons({ next }: { next: string }) {
  const offered = useQuery(offeredProviders());
  if (!offered.data || offered.data.length === 0) return null;
  return (
    <div className="mb-4 flex flex-col gap-2">
      {offered.data.map((provider) => (
        <ProviderLink key={provider.slug} provider={provider} next={next} />
      ))}
      <p className="mt-2 flex items-center gap-3 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
    </div>
  );
}
