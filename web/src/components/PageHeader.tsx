import { Link } from '@tanstack/react-router';
import { ChevronRight, Search } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { openPalette } from '@/app/overlays';
import { IconButton } from '@/components/IconButton';

export interface Crumb {
  label: ReactNode;
  to?: string;
}

interface Props {
  crumbs: Crumb[];
  /** Buttons on the right. */
  children?: ReactNode;
}

/** The line at the top of a page: where it is, and what can be done. */
export function PageHeader({ crumbs, children }: Props) {
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
      <nav aria-label="Breadcrumb" className="flex min-w-0 flex-1 items-center gap-1">
        {crumbs.map((crumb, index) => (
          <Fragment key={index}>
            {index > 0 && <ChevronRight size={14} aria-hidden className="shrink-0 text-faint" />}
            {crumb.to ? (
              <Link
                to={crumb.to}
                className="max-w-[16ch] truncate rounded-sm text-muted hover:text-text hover:underline"
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
      {children && (
        <div className="flex flex-wrap items-center gap-2 max-md:basis-full">{children}</div>
      )}
    </header>
  );
}
