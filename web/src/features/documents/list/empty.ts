import type { DocumentFilter } from '@/app/document-lists';

/** What stands in the place of a list without documents. */
export const EMPTY: Record<DocumentFilter, { title: string; text: string }> = {
  all: {
    title: 'No documents yet',
    text: 'Write together, with live queries in the text. Or drop Markdown, Word or HTML files here.',
  },
  recent: { title: 'Nothing opened lately', text: 'Documents that you open show up here.' },
  mine: { title: 'You have no documents', text: 'Those that you make are yours.' },
  shared: {
    title: 'Nothing was shared with you',
    text: 'Documents that others share with you show up here.',
  },
  starred: { title: 'No stars yet', text: 'Star what you come back to.' },
  trash: {
    title: 'The trash is empty',
    text: 'What is thrown away stays here until it is deleted for good.',
  },
};
