import { useNavigate } from '@tanstack/react-router';
import {
  ChartColumn,
  Copy,
  Download,
  LayoutTemplate,
  Printer,
  Star,
  Trash2,
  UserRoundPlus,
} from 'lucide-react';
import { exportDocument, setTemplate, type DocumentFormat } from '@/api/documents';
import type { MenuItem } from '@/components/Menu';
import { toast, toastError } from '@/components/toasts';
import type { DocumentPlace, Panel } from '@/features/documents/editor/EditorPage';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { act, duplicate, star, trash } from '@/features/documents/list/actions';
import { shareDocument } from '@/features/documents/share/share-document';
import { saveResponse } from '@/lib/download';

const FORMATS: { id: DocumentFormat; label: string; ending: string }[] = [
  { id: 'markdown', label: 'Markdown', ending: 'md' },
  { id: 'docx', label: 'Word', ending: 'docx' },
  { id: 'pdf', label: 'PDF', ending: 'pdf' },
  { id: 'html', label: 'HTML', ending: 'html' },
];

interface Props {
  place: DocumentPlace;
  editor: EditorHandle | undefined;
  writes: boolean;
  onPanel(panel: Panel): void;
}

/** What else can be done with an open document. */
export function useDocumentMenu({ place, writes, onPanel }: Props): MenuItem[] {
  const { info, share, reader } = place;
  const navigate = useNavigate();
  const download = async (format: DocumentFormat, ending: string) => {
    try {
      const response = await exportDocument(info.id, format, share);
      await saveResponse(response, `${info.title.replace(/[/\\:*?"<>|]/g, ' ').trim()}.${ending}`);
    } catch (error) {
      toastError('Could not export it', error);
    }
  };
  const owner = info.access === 'owner';
  const own: MenuItem[] = [
    {
      label: info.starred ? 'Remove star' : 'Star',
      icon: <Star size={14} />,
      separated: true,
      onSelect: () => void star(info),
    },
    { label: 'Duplicate', icon: <Copy size={14} />, onSelect: () => void duplicate(info) },
    {
      label: info.is_template ? 'No longer a template' : 'Use as template',
      icon: <LayoutTemplate size={14} />,
      disabled: !writes,
      onSelect: () =>
        void act('Could not change the template', async () => {
          await setTemplate(info.id, !info.is_template);
          toast({ title: info.is_template ? 'It is no template now' : 'It is a template now' });
        }),
    },
    {
      label: 'Activity',
      icon: <ChartColumn size={14} />,
      disabled: !owner,
      onSelect: () => onPanel('activity'),
    },
    {
      label: 'Move to trash',
      icon: <Trash2 size={14} />,
      danger: true,
      separated: true,
      disabled: !owner,
      onSelect: () =>
        void trash(info).then((done) => {
          if (done) void navigate({ to: '/documents', search: {} });
        }),
    },
  ];
  const sharing: MenuItem = {
    label: 'Share',
    icon: <UserRoundPlus size={14} />,
    onSelect: () => shareDocument(info),
  };
  return [
    ...(reader.signedIn ? [sharing] : []),
    ...FORMATS.map(({ id, label, ending }) => ({
      label: `Export as ${label}`,
      icon: <Download size={14} />,
      onSelect: () => void download(id, ending),
    })),
    { label: 'Print', icon: <Printer size={14} />, onSelect: () => window.print() },
    ...(reader.signedIn ? own : []),
  ];
}
