import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { comparedVersion, opsOf, restoreVersion, type DocumentVersion } from '@/api/document-talk';
import { queryClient } from '@/app/query-client';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Checkbox } from '@/components/Field';
import { SkeletonRows } from '@/components/Skeleton';
import { toast } from '@/components/toasts';
import { createEditor } from '@/features/documents/editor/quill';
import { formatDateTime } from '@/lib/format';

type Ops = ReturnType<typeof opsOf>;

/** A text that is only looked at. */
function StaticText({ ops }: { ops: Ops }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const sheet = document.createElement('div');
    const around = place.current!;
    around.append(sheet);
    const quill = createEditor(sheet, { readOnly: true });
    quill.root.setAttribute('aria-label', 'Text of the version');
    quill.root.setAttribute('aria-readonly', 'true');
    quill.setContents(ops as Parameters<typeof quill.setContents>[0], 'silent');
    return () => {
      quill.setContents([], 'silent');
      around.replaceChildren();
    };
  }, [ops]);
  return <div ref={place} className="ob-preview" />;
}

interface Props {
  document: string;
  version: DocumentVersion;
  writes: boolean;
  onClose(): void;
}

/** A version in the text's place, with what has changed since. */
export function VersionPreview({ document, version, writes, onClose }: Props) {
  const compared = useQuery(comparedVersion(document, version.id));
  const [differences, setDifferences] = useState(true);
  const [asking, setAsking] = useState(false);
  const restore = async () => {
    await restoreVersion(document, version.id);
    await queryClient.invalidateQueries({ queryKey: ['documents', 'versions', document] });
    toast({ title: 'The version is back', detail: 'What was there before was kept as a version.' });
    onClose();
  };
  const diff = opsOf(compared.data?.diff);
  const ops = differences && diff.length > 0 ? diff : opsOf(compared.data?.delta);
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-3 border-b border-line bg-accent-soft px-4 py-1.5">
        <span className="min-w-0 flex-1 truncate max-md:basis-full">
          {version.name ?? formatDateTime(version.created_at)}
        </span>
        <Checkbox checked={differences} onChange={(event) => setDifferences(event.target.checked)}>
          What changed since
        </Checkbox>
        <Button onClick={onClose}>Back to the document</Button>
        {writes && (
          <Button variant="primary" onClick={() => setAsking(true)}>
            Restore
          </Button>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-[760px] px-4 py-4 md:px-8">
          {compared.isPending && <SkeletonRows rows={6} />}
          {compared.isError && <ErrorPanel error={compared.error} retry={compared.refetch} />}
          {compared.data && <StaticText ops={ops} />}
        </div>
      </div>
      {asking && (
        <ConfirmModal
          title="Restore this version?"
          action="Restore"
          onConfirm={restore}
          onClose={() => setAsking(false)}
        >
          <p>Everyone sees it at once. What stands there now is kept as a version, too.</p>
        </ConfirmModal>
      )}
    </div>
  );
}
