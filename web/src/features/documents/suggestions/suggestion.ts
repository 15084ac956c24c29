/** Whose suggestion it is, and which. */
export interface Suggestion {
  id: string;
  user: string;
  name: string;
}

/** As the value of an attribute of the text: "id|user|name". Text, so that equal ones join. */
export const encode = ({ id, user, name }: Suggestion): string =>
  `${id}|${user}|${name.slice(0, 100)}`;

export function decode(value: unknown): Suggestion | undefined {
  const [, id, user, name] = /^([\w-]+)\|([\w-]*)\|(.*)$/.exec(String(value)) ?? [];
  return id === undefined ? undefined : { id, user: user ?? '', name: name ?? '' };
}
