import { Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, Search } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { openPalette } from '@/app/overlays';
import { IconButton } from '@/components/IconButton';

export interface Crumb {
  label: ReactNode;
  to?: string;
  search?: Record<string, string | undefined>;
}

interface Props {
  crumbs: Crumb[];
  /** Buttons on the right. */
  children?: ReactNode;
}

/** The line at the top of a page: where it is, and what can be done. */
export function PageHeader({ crumbs, children }: Props) {
  const parent = crumbs.findLast(({ to }) => to);
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b max-md:gap-x-2 border-line px-4 py-2">
      <nav aria-label="Breadcrumb" className="flex min-w-40 flex-1 items-center gap-1">
        {parent?.to && (
          <Link
            to={parent.to}
            search={(parent.search ?? {}) as never}
            aria-label={typeof parent.label === 'string' ? `Back to ${parent.label}` : 'Back'}
            className="-ml-2 flex size-control shrink-0 items-center justify-center rounded-md text-muted md:hidden"
          >
            <ChevronLeft size={18} />
          </Link>
        )}
        {crumbs.map((crumb, index) => (
          <Fragment key={index}>
            {index > 0 && (
              <ChevronRight size={14} aria-hidden className="shrink-0 text-faint max-md:hidden" />
            )}
            {crumb.to ? (
              <Link
                to={crumb.to}
                search={(crumb.search ?? {}) as never}
                className="max-w-[24ch] truncate rounded-sm text-muted hover:text-text hover:underline max-md:hidden"
              >
                {crumb.label}
              </Link>
            ) : (
              <h1 aria-current="page" className="min-w-0 truncate">
                {crumb.label}
              </h1>
            )}
          </Fragment>
        ))}
      </nav>
      <span className="md:hidden">
        <IconButton label="Search and commands" onClick={openPalette}>
          <Search size={16} />
        </IconButton>
      </span>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}
