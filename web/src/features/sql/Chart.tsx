import { useEffect, useRef, useState } from 'react';
import { theme } from '@/app/theme';
import { ErrorPanel } from '@/components/ErrorPanel';
import { chartFigure } from '@/features/sql/chart-figure';
import type { ChartConfig, ChartData } from '@/features/sql/chart-data';
import { useMediaQuery } from '@/lib/hooks';
import { useStore } from '@/lib/store';

interface Props {
  config: ChartConfig;
  data: ChartData;
  titles: { x: string; y: string };
}

/** Draws with Plotly, which is loaded when the first chart is opened. */
export function Chart({ config, data, titles }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<unknown>();
  const chosen = useStore(theme);
  const dark = useMediaQuery('(prefers-color-scheme: dark)');
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    let left = false;
    import('plotly.js-basic-dist-min')
      .then(({ default: plotly }) => {
        if (left) return undefined;
        const { traces, layout, options } = chartFigure(target, config, data, titles);
        return plotly.react(target, traces, layout, options);
      })
      .catch(setError);
    return () => {
      left = true;
    };
  }, [config, data, titles, chosen, dark]);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    let resize = (): void => undefined;
    void import('plotly.js-basic-dist-min').then(({ default: plotly }) => {
      resize = () => {
        if (target.querySelector('.plot-container')) plotly.Plots.resize(target);
      };
    });
    const observer = new ResizeObserver(() => resize());
    observer.observe(target);
    return () => {
      observer.disconnect();
      void import('plotly.js-basic-dist-min').then(({ default: plotly }) => plotly.purge(target));
    };
  }, []);
  if (error) return <ErrorPanel error={error} />;
  return (
    <div
      ref={element}
      role="img"
      aria-label={`Chart of ${titles.y} by ${titles.x}`}
      className="min-h-48 min-w-0 flex-1"
    />
  );
}
