import { highlighted } from '@/features/documents/list/highlight';

/** A text in which what was searched for stands out. */
export function Marked({ text, search }: { text: string; search: string | undefined }) {
  if (!search) return text;
  return highlighted(text, search).map(({ text: bit, hit }, index) =>
    hit ? (
      <mark key={index} className="rounded-xs bg-warning-soft font-semibold text-text">
        {bit}
      </mark>
    ) : (
      bit
    ),
  );
}
