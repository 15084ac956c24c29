import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { runQuery } from '@/api/query';
import { Checkbox } from '@/components/Field';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { SqlText } from '@/components/SqlText';
import type { SqlTab } from '@/features/sql/tabs';
import { rawText } from '@/lib/format';

/** The plan of a statement, or, measured by running it, the profile. */
export function PlanTab({ tab, sql }: { tab: SqlTab; sql: string }) {
  const [analyze, setAnalyze] = useState(false);
  const bare = sql.replace(/^\s*explain\s+(analyze\s+)?/i, '');
  const { catalog, schema } = tab;
  const plan = useQuery({
    queryKey: ['plan', catalog, schema, bare, analyze],
    queryFn: async () => {
      const statement = `${analyze ? 'EXPLAIN ANALYZE' : 'EXPLAIN'} ${bare}`;
      const { rows } = await runQuery({ sql: statement, catalog, schema });
      return rows.map((row) => rawText(row.at(-1))).join('\n');
    },
    staleTime: Infinity,
    retry: false,
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2 overflow-auto p-3">
      <Checkbox checked={analyze} onChange={(event) => setAnalyze(event.target.checked)}>
        Run it and show measured times (EXPLAIN ANALYZE)
      </Checkbox>
      {plan.isPending && <SkeletonRows />}
      {plan.isError && <ErrorPanel error={plan.error} />}
      {plan.data !== undefined && <SqlText sql={plan.data} />}
    </div>
  );
}
