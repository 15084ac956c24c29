import { useState } from 'react';
import { changeDocument, type DocumentInfo } from '@/api/documents';
import { toastError } from '@/components/toasts';
import { refreshDocuments } from '@/features/documents/refresh';

/** The title, which is changed in its place. */
export function TitleField({ info, writes }: { info: DocumentInfo; writes: boolean }) {
  const [typed, setTyped] = useState<string>();
  if (!writes) return <span className="truncate">{info.title}</span>;
  const save = async () => {
    const title = typed?.trim();
    if (title && title !== info.title) {
      await changeDocument(info.id, { title })
        .then(refreshDocuments)
        .catch((error: unknown) => toastError('Could not rename it', error));
    }
    setTyped(undefined);
  };
  return (
    <input
      aria-label="Title"
      maxLength={200}
      value={typed ?? info.title}
      size={Math.max(8, Math.min(60, (typed ?? info.title).length))}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') setTyped(undefined);
      }}
      className="max-w-full min-w-0 truncate rounded-sm bg-transparent px-1 font-semibold hover:bg-hover focus:bg-bg"
    />
  );
}
