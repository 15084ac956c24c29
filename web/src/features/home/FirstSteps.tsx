import { Link, type LinkProps } from '@tanstack/react-router';
import { Check, X } from 'lucide-react';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { toast } from '@/components/toasts';
import { firstSteps, hideSteps, type Step } from '@/features/home/steps';
import { useStore } from '@/lib/store';

const STEPS: { id: Step; title: string; text: string; to: LinkProps['to'] }[] = [
  {
    id: 'upload',
    title: 'Upload a file',
    text: 'CSV, JSON or Parquet, by drag and drop.',
    to: '/files',
  },
  {
    id: 'table',
    title: 'Make it a table',
    text: 'Types are inferred; you check them first.',
    to: '/files',
  },
  { id: 'query', title: 'Query it with SQL', text: 'Join it with the sample data.', to: '/sql' },
  { id: 'chart', title: 'See it as a chart', text: 'The Chart tab beside a result.', to: '/sql' },
  {
    id: 'version',
    title: 'Travel back in time',
    text: 'Every change of a table is a version.',
    to: '/catalog',
  },
];

/** What a newcomer can try, in order; it can be put away. */
export function FirstSteps() {
  const { done, hidden } = useStore(firstSteps);
  if (hidden || done.length === STEPS.length) return null;
  const hide = () => {
    hideSteps(true);
    toast({ title: 'First steps hidden', action: { label: 'Undo', run: () => hideSteps(false) } });
  };
  return (
    <section className="rounded-lg border border-line" aria-labelledby="first-steps">
      <header className="flex items-center justify-between border-b border-line py-1 pr-1 pl-4">
        <h2 id="first-steps">
          First steps{' '}
          <span className="num ml-1 font-normal text-muted">
            {done.length} of {STEPS.length}
          </span>
        </h2>
        <IconButton small label="Hide first steps" onClick={hide}>
          <X size={14} />
        </IconButton>
      </header>
      <ol className="grid sm:grid-cols-2 lg:grid-cols-5">
        {STEPS.map((step, index) => {
          const ready = done.includes(step.id);
          return (
            <li key={step.id} className="min-w-0">
              <Link
                to={step.to}
                className="flex h-full gap-2.5 px-4 py-3 -outline-offset-2 hover:bg-hover"
              >
                <span
                  className={classes(
                    'num mt-px flex size-5 shrink-0 items-center justify-center rounded-full text-xs font-semibold',
                    ready ? 'bg-success-soft text-success' : 'bg-accent-soft text-accent',
                  )}
                >
                  {ready ? <Check size={12} aria-label="Done" /> : index + 1}
                </span>
                <span className="min-w-0">
                  <span className={classes('block font-medium', ready && 'text-muted')}>
                    {step.title}
                  </span>
                  <span className="block text-sm text-muted">{step.text}</span>
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
