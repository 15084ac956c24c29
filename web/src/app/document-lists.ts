/** The lists of documents, and their orders. */
export const DOCUMENT_FILTERS = ['all', 'mine', 'shared', 'starred', 'recent', 'trash'] as const;
export type DocumentFilter = (typeof DOCUMENT_FILTERS)[number];
export const DOCUMENT_SORTS = ['updated', 'title', 'created'] as const;
export type DocumentSort = (typeof DOCUMENT_SORTS)[number];
