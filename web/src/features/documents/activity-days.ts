export interface Day {
  day: string;
  edits: number;
  views: number;
}
const LENGTH = 86_400_000; // milliseconds

/** Every day of the last `count`, oldest first: the server tells only of those with anything. */
export function everyDay(known: readonly Day[], now: number, count: number): Day[] {
  const days = new Map(known.map((day) => [day.day, day]));
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(now - (count - 1 - index) * LENGTH).toISOString().slice(0, 10);
    return days.get(day) ?? { day, edits: 0, views: 0 };
  });
}
