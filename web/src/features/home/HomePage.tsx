import { Link, useNavigate } from '@tanstack/react-router';
import { Library, SquarePen, Upload, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { session } from '@/api/session';
import { PageHeader } from '@/components/PageHeader';
import { FirstSteps } from '@/features/home/FirstSteps';
import { RecentQueries } from '@/features/home/RecentQueries';
import { RecentTables } from '@/features/home/RecentTables';
import { addTab } from '@/features/sql/tabs';
import { useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

const CARD =
  'flex items-center gap-3 rounded-lg border border-line px-4 py-3 text-left transition-colors hover:border-line-strong hover:bg-hover';

function CardText({ icon: Icon, title, text }: { icon: LucideIcon; title: string; text: string }) {
  return (
    <>
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-accent-soft text-accent">
        <Icon size={16} />
      </span>
      <span className="min-w-0">
        <span className="block font-medium">{title}</span>
        <span className="block truncate text-sm text-muted">{text}</span>
      </span>
    </>
  );
}

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-h-60 min-w-0 flex-col rounded-lg border border-line">
      <h2 className="border-b border-line px-4 py-2">{title}</h2>
      <div className="flex flex-1 flex-col py-1">{children}</div>
    </section>
  );
}

export function HomePage() {
  useTitle('');
  const current = useStore(session);
  const navigate = useNavigate();
  const name = current.status === 'signed-in' ? current.user.name : '';
  const newQuery = () => {
    addTab();
    void navigate({ to: '/sql' });
  };
  return (
    <>
      <PageHeader crumbs={[{ label: 'Home' }]} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[1080px] flex-col gap-4 p-4 md:py-8">
          <h2 className="text-2xl">{name ? `Hello, ${name}` : 'Hello'}</h2>
          <div className="grid gap-3 md:grid-cols-3">
            <Link to="/files" className={CARD}>
              <CardText icon={Upload} title="Upload files" text="Then make tables of them" />
            </Link>
            <button type="button" onClick={newQuery} className={CARD}>
              <CardText icon={SquarePen} title="New query" text="Ask your data in SQL" />
            </button>
            <Link to="/catalog" className={CARD}>
              <CardText
                icon={Library}
                title="Browse the catalog"
                text="Tables, views and volumes"
              />
            </Link>
          </div>
          <FirstSteps />
          <div className="grid gap-4 lg:grid-cols-[3fr_2fr]">
            <Panel title="Recent queries">
              <RecentQueries />
            </Panel>
            <Panel title="Recently viewed tables">
              <RecentTables />
            </Panel>
          </div>
        </div>
      </div>
    </>
  );
}
