import type { Grant, Principal, Privilege, Reason } from '@/api/permissions';

/** What each privilege lets one do, from the least to all. */
export const PRIVILEGES: { id: Privilege; label: string; text: string }[] = [
  { id: 'browse', label: 'Browse', text: 'See that it is there' },
  { id: 'read', label: 'Read', text: 'Read its data' },
  { id: 'write', label: 'Write', text: 'Change its data, and read it' },
  { id: 'create', label: 'Create', text: 'Make something in it' },
  { id: 'manage', label: 'Manage', text: 'Everything: rename, drop, and say who else may' },
];

export const labelOf = (privilege: Privilege): string =>
  PRIVILEGES.find(({ id }) => id === privilege)?.label ?? privilege;

export const TYPE_NAMES = {
  server: 'server',
  workspace: 'workspace',
  folder: 'folder',
  catalog: 'catalog',
  schema: 'schema',
  table: 'table',
  volume: 'volume',
  function: 'function',
  saved_query: 'saved query',
  document: 'document',
} as const;

export const nameOf = ({ name, email }: Principal): string => name || email || 'Somebody';

/** "Editor", or the privileges that were granted one by one. */
export function grantText({ role, privileges }: Grant): string {
  return role ? role.name : privileges.map(labelOf).join(', ');
}

/** Own grants first, then inherited ones; each as the server orders them. */
export function splitGrants(grants: Grant[]): { own: Grant[]; inherited: Grant[] } {
  return {
    own: grants.filter(({ inherited_from }) => !inherited_from),
    inherited: grants.filter(({ inherited_from }) => inherited_from),
  };
}

/** "as a member of Analysts, which is in Staff", of a chain that begins with the user. */
function through(chain: Principal[]): string {
  const groups = chain.slice(1);
  if (groups.length === 0) return '';
  if (groups[0]!.kind === 'everyone') return ', as everyone does';
  return `, as a member of ${groups.map(nameOf).join(', which is in ')}`;
}

/** A reason of the server's as a sentence. */
export function reasonText({ kind, object, privilege, role, through: chain }: Reason): string {
  const who = chain[0] ? nameOf(chain[0]) : 'This user';
  const place = object ? ` the ${TYPE_NAMES[object.type]} ${object.name}`.trimEnd() : ' it';
  switch (kind) {
    case 'administrator':
      return `${who} is an administrator, who may do everything.`;
    case 'owner':
      return `${who} owns${place}${through(chain)}.`;
    case 'role':
      return `${who} has the role ${role?.name ?? 'of a kind'} on${place}${through(chain)}.`;
    case 'privilege':
      return `${who} has ${privilege ? labelOf(privilege) : 'a privilege'} on${place}${through(chain)}.`;
  }
}
