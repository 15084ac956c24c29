import type { ChartConfig, ChartData } from '@/features/sql/chart-data';

const COLORS = [
  '#4a7fe0',
  '#e0803a',
  '#3fa36c',
  '#c75a9c',
  '#8a6fd1',
  '#c2a02e',
  '#36a3b0',
  '#d1605a',
];

/** A colour token as the browser has resolved it for the present theme. */
function color(element: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function traces(config: ChartConfig, data: ChartData): Record<string, unknown>[] {
  if (config.type === 'pie') {
    const [first] = data.series;
    return first
      ? [{ type: 'pie', labels: first.x, values: first.y, hole: 0.45, textinfo: 'percent' }]
      : [];
  }
  return data.series.map((series) => {
    const base = { name: series.name, x: series.x, y: series.y };
    if (config.type === 'bar') return { ...base, type: 'bar' };
    if (config.type === 'scatter') {
      return { ...base, type: 'scatter', mode: 'markers', marker: { size: 6, opacity: 0.7 } };
    }
    const many = series.x.length > 60;
    return {
      ...base,
      type: 'scatter',
      mode: many ? 'lines' : 'lines+markers',
      line: { width: 2 },
      marker: { size: 5 },
      ...(config.type === 'area' && { stackgroup: 'all' }),
    };
  });
}

/** What Plotly draws, in the page's colours and type. */
export function chartFigure(
  element: HTMLElement,
  config: ChartConfig,
  data: ChartData,
  titles: { x: string; y: string },
) {
  const line = color(element, 'line');
  const axis = {
    gridcolor: line,
    linecolor: color(element, 'line-strong'),
    zerolinecolor: color(element, 'line-strong'),
    automargin: true,
    ticks: '',
  };
  const xType = data.xIsTime ? 'date' : data.xIsNumber ? 'linear' : 'category';
  // The user's own separators: decimal point, then thousands.
  const parts = new Intl.NumberFormat().formatToParts(12345.6);
  const separator = (type: string) => parts.find((part) => part.type === type)?.value ?? ' ';
  const layout = {
    autosize: true,
    margin: { t: 16, r: 16, b: 48, l: 56 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    colorway: COLORS,
    font: { family: 'Inter Variable, sans-serif', size: 12, color: color(element, 'muted') },
    separators: separator('decimal') + separator('group'),
    hoverlabel: {
      bgcolor: color(element, 'raised'),
      bordercolor: color(element, 'line-strong'),
      font: { color: color(element, 'text') },
    },
    hovermode: config.type === 'line' || config.type === 'area' ? 'x unified' : 'closest',
    showlegend: config.type === 'pie' || data.series.length > 1,
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 },
    bargap: 0.25,
    xaxis: {
      ...axis,
      type: xType,
      showgrid: config.type === 'scatter',
      title: { text: titles.x, standoff: 12 },
    },
    yaxis: {
      ...axis,
      title: { text: titles.y, standoff: 16 },
      rangemode: config.type === 'scatter' ? 'normal' : 'tozero',
      exponentformat: 'none',
      tickformat: ',~r',
    },
  };
  const options = { responsive: true, displaylogo: false, displayModeBar: false };
  return { traces: traces(config, data), layout, options };
}
