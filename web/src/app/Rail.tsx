import { Link } from '@tanstack/react-router';
import { Moon, Search, Sun } from 'lucide-react';
import { InboxLink } from '@/app/InboxLink';
import { Logo } from '@/app/Logo';
import { openPalette } from '@/app/overlays';
import { PAGES } from '@/app/pages';
import { chooseTheme } from '@/app/preferences';
import { isDark, theme } from '@/app/theme';
import { UserMenu } from '@/app/UserMenu';
import { IconButton } from '@/components/IconButton';
import { Tip } from '@/components/Tip';
import { useStore } from '@/lib/store';

const ITEM =
  'flex h-9 flex-col items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text md:size-10 max-md:h-12 max-md:flex-1 max-md:text-xs';
const ACTIVE = { className: 'bg-selected! text-accent! max-md:bg-transparent!' };

/** The workspace's parts: a rail on the left, on a phone a bar at the bottom. */
export function Rail() {
  useStore(theme);
  const dark = isDark();
  return (
    <nav
      aria-label="Workspace"
      className="order-last flex shrink-0 items-center gap-1 border-line bg-panel max-md:border-t max-md:px-1 max-md:pb-[env(safe-area-inset-bottom)] md:order-first md:w-14 md:flex-col md:border-r md:py-3"
    >
      <Link to="/" aria-label="OpenBricks home" className="mb-2 rounded-md max-md:hidden">
        <Logo size={28} />
      </Link>
      {PAGES.map(({ to, label, icon: Icon, keys }) => (
        <Tip key={to} text={label} keys={keys} side="right">
          <Link
            to={to}
            aria-label={label}
            activeOptions={{ exact: to === '/' }}
            activeProps={ACTIVE}
            className={ITEM}
          >
            <Icon size={18} strokeWidth={1.75} />
            <span className="md:hidden">{label}</span>
          </Link>
        </Tip>
      ))}
      <div className="hidden flex-1 md:block" />
      <div className="contents max-md:hidden">
        <IconButton label="Search and commands" keys="mod+k" onClick={openPalette}>
          <Search size={16} />
        </IconButton>
        <IconButton
          label={dark ? 'Light theme' : 'Dark theme'}
          onClick={() => chooseTheme(dark ? 'light' : 'dark')}
        >
          {dark ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
        <InboxLink />
        <UserMenu />
      </div>
    </nav>
  );
}
