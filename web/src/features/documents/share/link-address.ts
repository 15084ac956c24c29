import { BASE } from '@/lib/base';

/** A link's address as it is given to others; the server may leave its own name out. */
export const absoluteLink = (url: string): string =>
  /^https?:/.test(url) ? url : `${location.origin}${url.startsWith(BASE) ? '' : BASE}${url}`;
