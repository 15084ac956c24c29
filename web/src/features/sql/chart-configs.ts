import type { ChartConfig } from '@/features/sql/chart-data';
import { createStore } from '@/lib/store';

/** The chart chosen in each tab, with the shape of the result that it was chosen for. */
export const chartConfigs = createStore<Record<string, { shape: string; config: ChartConfig }>>({});
