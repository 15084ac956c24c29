/** The path under which the server is, without a slash at its end: '' or '/bricks'. */
export const BASE =
  typeof document === 'undefined' ? '' : new URL(document.baseURI).pathname.replace(/\/$/, '');
