import { useQuery } from '@tanstack/react-query';
import {
  identities,
  linkIdentity,
  offeredProviders,
  unlinkIdentity,
  type LinkedIdentity,
  type OfferedProvider,
} from '@/api/sso';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['identities'] });

function IdentityRow({ item }: { item: LinkedIdentity }) {
  const unlink = useAction(() => unlinkIdentity(item.id).then(refresh));
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{item.provider}</span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          {item.email && <span className="truncate">{item.email}</span>}
          <span>
            used <Ago time={item.last_used_at} />
          </span>
        </span>
        <FormError error={unlink.error} />
      </span>
      <Button
        busy={unlink.busy}
        onClick={() => unlink.run()}
        aria-label={`Unlink ${item.provider}`}
      >
        Unlink
      </Button>
    </li>
  );
}

function LinkButton({ provider }: { provider: OfferedProvider }) {
  const link = useAction(async () => {
    window.location.assign(await linkIdentity(provider.slug, '/settings?tab=account'));
  });
  return (
    <div className="flex flex-col gap-2">
      <Button busy={link.busy} onClick={() => link.run()} className="self-start">
        Link {provider.name}
      </Button>
      <FormError error={link.error} />
    </div>
  );
}

/** Identities at providers of single sign-on that sign in here; nothing where there are none. */
export function IdentitiesSection() {
  const linked = useQuery(identities());
  const offered = useQuery(offeredProviders());
  if (linked.isPending || offered.isPending) return <SkeletonRows rows={1} />;
  if (linked.isError) return <ErrorPanel error={linked.error} retry={linked.refetch} />;
  if (offered.isError) return <ErrorPanel error={offered.error} retry={offered.refetch} />;
  if (linked.data.length === 0 && offered.data.length === 0) return null;
  const missing = offered.data.filter(
    ({ name }) => !linked.data.some(({ provider }) => provider === name),
  );
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-lg">Linked identities</h2>
      {linked.data.length > 0 && (
        <ul aria-label="Linked identities" className="rounded-lg border border-line">
          {linked.data.map((item) => (
            <IdentityRow key={item.id} item={item} />
          ))}
        </ul>
      )}
      {missing.map((provider) => (
        <LinkButton key={provider.slug} provider={provider} />
      ))}
    </section>
  );
}
