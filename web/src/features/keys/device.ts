const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];
const PROGRAMS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/openbricks/i, 'OpenBricks'],
];

const first = (table: [RegExp, string][], agent: string): string | undefined =>
  table.find(([pattern]) => pattern.test(agent))?.[1];

/** "Firefox on Linux", as far as a User-Agent tells. */
export function deviceName(agent: string): string {
  const program = first(PROGRAMS, agent) ?? agent.split(/[/ ]/, 1)[0];
  const system = first(SYSTEMS, agent);
  if (!program) return 'Unknown device';
  return system ? `${program} on ${system}` : program;
}
