import { lazyRouteComponent } from '@tanstack/react-router';
import { online } from '@/api/client';

/** A part of the page could not be fetched: no connection, or the server was updated meanwhile. */
export class PageLoadError extends Error {
  constructor() {
    super('This part of the page could not be loaded. Try again once the server is there.');
    this.name = 'PageLoadError';
  }
}

/**
 * A page that is fetched when it is opened. The router by itself would reload the whole page when
 * that fails, which without a connection would lose it.
 */
export const lazyPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(
    () =>
      load().catch(() => {
        online.set(false); // the banner asks the server, and takes this back when it answers
        throw new PageLoadError();
      }),
    name,
  );
