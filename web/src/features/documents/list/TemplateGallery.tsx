import { useQuery } from '@tanstack/react-query';
import { FilePlus2, LayoutTemplate } from 'lucide-react';
import { documentTemplates } from '@/api/documents';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { Modal } from '@/components/Modal';
import { SkeletonRows } from '@/components/Skeleton';

const CARD =
  'flex items-start gap-3 rounded-lg border border-line px-3 py-2.5 text-left transition-colors hover:enabled:border-line-strong hover:enabled:bg-hover disabled:opacity-50';

interface Props {
  busy: boolean;
  error: unknown;
  onPick(template: string | undefined): void;
  onClose(): void;
}

/** What a new document begins with. */
export function TemplateGallery({ busy, error, onPick, onClose }: Props) {
  const templates = useQuery(documentTemplates());
  // The empty page is offered at once, before the server has answered.
  const others = templates.data?.filter(({ id }) => id !== 'blank');
  return (
    <Modal title="New document" medium onClose={onClose}>
      <FormError error={error} />
      <div className="grid gap-2 md:grid-cols-2">
        <button type="button" disabled={busy} className={CARD} onClick={() => onPick(undefined)}>
          <FilePlus2 size={16} className="mt-0.5 shrink-0 text-accent" aria-hidden />
          <span>
            <span className="block font-medium">Blank</span>
            <span className="block text-sm text-muted">An empty page</span>
          </span>
        </button>
        {others?.map(({ id, title, text, built_in }) => (
          <button
            key={id}
            type="button"
            disabled={busy}
            className={CARD}
            onClick={() => onPick(id)}
          >
            <LayoutTemplate size={16} className="mt-0.5 shrink-0 text-accent" aria-hidden />
            <span className="min-w-0">
              <span className="block truncate font-medium">{title}</span>
              <span className="line-clamp-2 text-sm text-muted">
                {text || (built_in ? 'Built in' : 'Your own template')}
              </span>
            </span>
          </button>
        ))}
      </div>
      {templates.isPending && <SkeletonRows rows={3} />}
      {templates.isError && <ErrorPanel error={templates.error} retry={templates.refetch} />}
    </Modal>
  );
}
