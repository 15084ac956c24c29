import type { DocumentInfo } from '@/api/documents';
import { LinksSection } from '@/features/documents/share/LinksSection';
import { openShare } from '@/features/sharing/store';

export const shareDocument = ({ id, title }: Pick<DocumentInfo, 'id' | 'title'>): void =>
  openShare({
    secured: { type: 'document', object: id },
    name: `“${title}”`,
    path: `/documents/${id}`,
    more: <LinksSection id={id} />,
  });
