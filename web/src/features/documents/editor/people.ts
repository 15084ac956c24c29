// Dark enough that white text can be read on them.
const COLORS = [
  ...['#2559c0', '#1a7040', '#9a3412', '#7c2d92', '#0f6674', '#a11d48', '#5b4bc4', '#6b5a00'],
];

/** The colour of somebody, the same for everyone who looks. */
export function colorOf(id: string): string {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return COLORS[sum % COLORS.length]!;
}

export interface Present {
  /** The user's id; of guests their own of this visit. */
  id: string;
  name: string;
  color: string;
  me: boolean;
}

interface AwarenessUser {
  id?: unknown;
  name?: unknown;
}

/** Who is in the document, each once: oneself first. What others send about themselves is not
 * trusted with anything but text. */
export function presentOf(
  states: ReadonlyMap<number, { user?: AwarenessUser }>,
  own: number,
): Present[] {
  const all = new Map<string, Present>();
  for (const [client, { user }] of states) {
    if (!user) continue;
    const id = typeof user.id === 'string' && user.id ? user.id.slice(0, 100) : `client-${client}`;
    const name = typeof user.name === 'string' && user.name ? user.name.slice(0, 60) : 'Guest';
    const me = client === own || all.get(id)?.me === true;
    all.set(id, { id, name, color: colorOf(id), me });
  }
  return [...all.values()].sort(
    (a, b) => Number(b.me) - Number(a.me) || a.name.localeCompare(b.name),
  );
}
