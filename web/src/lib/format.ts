import { columnKind, isNumeric, type ColumnKind } from '@/lib/column-kind';
import { readStored } from '@/lib/storage';

function make(locale: string | undefined, timeZone: string | undefined) {
  // "min2" leaves four-digit numbers ungrouped, so that years read as years.
  const min2 = { useGrouping: 'min2', maximumFractionDigits: 15 };
  return {
    locale,
    timeZone,
    grouped: new Intl.NumberFormat(locale, min2 as unknown as Intl.NumberFormatOptions),
    plain: new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 15 }),
    compact: new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }),
    count: new Intl.NumberFormat(locale),
    dateTime: new Intl.DateTimeFormat(locale, {
      dateStyle: 'medium',
      timeStyle: 'medium',
      timeZone,
    }),
    zone: new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'short' }),
    percent: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }),
    // Its parts make an instant; Sweden writes them in that order.
    parts: new Intl.DateTimeFormat('sv-SE', {
      dateStyle: 'short',
      timeStyle: 'medium',
      timeZone,
    }),
  };
}

/** Where the browser keeps [language, zone] as the user chose them at the last visit, so that nothing
 * is first shown in another zone. */
export const FORMATS_KEY = 'formats';
const kept = readStored<unknown>(FORMATS_KEY, undefined);
const [keptLocale = '', keptZone = ''] = Array.isArray(kept) ? kept.map(String) : [];
let use = chosen(keptLocale, keptZone);
// Its words stand in sentences of the page, which are English; numbers and dates are the user's.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

function chosen(locale: string, timeZone: string): ReturnType<typeof make> {
  const known = (test: () => unknown) => {
    try {
      test();
      return true;
    } catch {
      return false; // the browser does not know it
    }
  };
  const goodLocale = locale && known(() => new Intl.NumberFormat(locale)) ? locale : undefined;
  const goodZone =
    timeZone && known(() => new Intl.DateTimeFormat('en', { timeZone })) ? timeZone : undefined;
  return make(goodLocale, goodZone);
}

/** How numbers and times are written from now on; empty or unknown: as the browser does. Says
 * whether that is another way than before. */
export function setFormats(locale: string, timeZone: string): boolean {
  const before = use;
  use = chosen(locale, timeZone);
  return use.locale !== before.locale || use.timeZone !== before.timeZone;
}

export const formatCount = (value: number): string => use.count.format(value);
/** "1 row", "2,000 rows". */
export const formatMany = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`;

export const formatCompact = (value: number): string => use.compact.format(value);

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** 1536 → "1.5 KB" (1 KB = 1,024 bytes). */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${use.count.format(value)} ${value === 1 ? 'byte' : 'bytes'}`;
  return `${value.toLocaleString(use.locale, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${UNITS[unit]}`;
}

/** 950 → "950 ms", 12345 → "12.3 s", 90000 → "1 min 30 s". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) {
    return `${(ms / 1000).toLocaleString(use.locale, { maximumFractionDigits: 1 })} s`;
  }
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const formatDateTime = (iso: string): string => use.dateTime.format(new Date(iso));

/** With the zone's name: "22 Nov 2026, 07:35:00 CET". */
export function formatFullTime(iso: string): string {
  const date = new Date(iso);
  const zone = use.zone.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value;
  return `${use.dateTime.format(date)} ${zone ?? ''}`.trim();
}

/** 0.126 → "13%", as the user's language writes it. */
export const formatPercent = (share: number): string => use.percent.format(share);

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 7],
  ['week', 4.35],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
];

/** "3 minutes ago" */
export function formatAgo(iso: string, now = Date.now()): string {
  let value = (new Date(iso).getTime() - now) / 1000;
  if (Math.abs(value) < 10) return relative.format(0, 'second');
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return formatDateTime(iso);
}

/** An instant in the user's zone, sortable and with as many sub-second digits as it has. */
export function formatInstant(text: string): string {
  const date = new Date(text.replace(' ', 'T'));
  if (Number.isNaN(date.getTime())) return text;
  const fraction = /\.(\d+)/.exec(text)?.[1]?.replace(/0+$/, '');
  return `${use.parts.format(date)}${fraction ? `.${fraction}` : ''}`;
}

function formatNumber(value: unknown, name: string): string {
  const text = String(value);
  if (!/^-?\d/.test(text)) return text; // NaN, Infinity
  const format = /(^id$|_id$|Id$|key$|year)/i.test(name) ? use.plain : use.grouped;
  if (typeof value === 'number') return format.format(value);
  if (/^-?\d+$/.test(text)) return format.format(BigInt(text));
  // A decimal keeps the digits that the server gave, its trailing zeros included.
  const [whole, fraction] = text.split('.') as [string, string | undefined];
  if (fraction === undefined || !/^-?\d+$/.test(whole)) return text;
  const point = format.formatToParts(1.5).find((part) => part.type === 'decimal')?.value ?? '.';
  const sign = whole.startsWith('-') ? '-' : '';
  return `${sign}${format.format(BigInt(whole.replace('-', '')))}${point}${fraction}`;
}

/** A value as plain text: what a copy takes. */
export function rawText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export interface ColumnFormat {
  kind: ColumnKind;
  right: boolean;
  text(value: unknown): string;
  /** Shown when the pointer rests on the value. */
  title(value: unknown): string | undefined;
}

/** How a column's values are shown. NULL is the caller's to show. */
export function columnFormat(column: { name: string; type: string }): ColumnFormat {
  const kind = columnKind(column.type);
  if (isNumeric(kind)) {
    return {
      kind,
      right: true,
      text: (value) => formatNumber(value, column.name),
      title: () => undefined,
    };
  }
  if (kind === 'instant') {
    return {
      kind,
      right: false,
      text: (value) => formatInstant(String(value)),
      title: (value) => `${String(value)} (UTC)`,
    };
  }
  if (kind === 'timestamp') {
    return {
      kind,
      right: false,
      text: (value) => String(value).replace('T', ' '),
      title: () => 'Without time zone',
    };
  }
  return { kind, right: false, text: rawText, title: () => undefined };
}
