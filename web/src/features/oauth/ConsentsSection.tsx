import { useQuery } from '@tanstack/react-query';
import { consents, withdrawConsent, type Consent } from '@/api/oauth';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['consents'] });

function ConsentRow({ item }: { item: Consent }) {
  const withdraw = useAction(() => withdrawConsent(item.client_id).then(refresh));
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{item.client_name}</span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          <span>{item.scopes.join(', ')}</span>
          <span>
            let in <Ago time={item.created_at} />
          </span>
        </span>
        <FormError error={withdraw.error} />
      </span>
      <Button
        busy={withdraw.busy}
        onClick={() => withdraw.run()}
        aria-label={`Keep ${item.client_name} out`}
      >
        Keep out
      </Button>
    </li>
  );
}

/** Applications that learn who one is; nothing where there are none. */
export function ConsentsSection() {
  const list = useQuery(consents());
  if (list.isError) return <ErrorPanel error={list.error} retry={list.refetch} />;
  if (!list.data || list.data.length === 0) return null;
  return (
    <section className="flex flex-col gap-3">
      <h2 className="text-lg">Applications</h2>
      <ul aria-label="Applications" className="rounded-lg border border-line">
        {list.data.map((item) => (
          <ConsentRow key={item.client_id} item={item} />
        ))}
      </ul>
    </section>
  );
}
