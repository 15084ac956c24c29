import { useId, type ReactNode } from 'react';

interface Props {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

/** A part of the maintenance page with its heading. */
export function Section({ title, text, actions, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3 border-b border-line p-4">
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 flex-1 basis-60">
          <h2 id={id}>{title}</h2>
          {text && <p className="max-w-[80ch] text-muted">{text}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
