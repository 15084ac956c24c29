import { X } from 'lucide-react';
import type { Grant, Principal, Role } from '@/api/permissions';
import { Badge } from '@/components/Badge';
import { Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { grantText, labelOf, nameOf, splitGrants, TYPE_NAMES } from '@/features/sharing/privileges';
import { PrincipalLabel } from '@/features/sharing/PrincipalLabel';

const LIST = 'rounded-lg border border-line';
const ROW =
  'flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-2 last:border-0';

interface RowProps {
  grant: Grant;
  roles: Role[];
  busy: boolean;
  onRole(role: string): void;
  onRemove(): void;
}

function GrantRow({ grant, roles, busy, onRole, onRemove }: RowProps) {
  const who = nameOf(grant.principal);
  return (
    <li className={ROW}>
      <span className="min-w-0 flex-1 basis-44">
        <PrincipalLabel principal={grant.principal} />
      </span>
      <span className="flex items-center gap-1">
        <Select
          aria-label={`Role of ${who}`}
          className="w-auto! max-w-52"
          disabled={busy}
          value={grant.role?.id ?? ''}
          onChange={(event) => onRole(event.target.value)}
        >
          {!grant.role && (
            <option value="" disabled>
              {grant.privileges.map(labelOf).join(', ')}
            </option>
          )}
          {roles.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <IconButton label={`Remove ${who}`} disabled={busy} onClick={onRemove}>
          <X size={14} />
        </IconButton>
      </span>
    </li>
  );
}

interface Props {
  owner: Principal | undefined;
  grants: Grant[];
  roles: Role[];
  busy: boolean;
  onRole(principal: Principal, role: string): void;
  onRemove(grant: Grant): void;
}

/** Who has access: the owner, whom it was granted to here, and who has it from above. */
export function GrantList({ owner, grants, roles, busy, onRole, onRemove }: Props) {
  const { own, inherited } = splitGrants(grants);
  return (
    <>
      <section aria-label="People with access" className="flex flex-col gap-2">
        <h3 className="font-medium">Who has access</h3>
        {!owner && own.length === 0 && (
          <p className="text-muted">It was shared with nobody here yet.</p>
        )}
        {(owner || own.length > 0) && (
          <ul aria-label="Access given here" className={LIST}>
            {owner && (
              <li className={ROW}>
                <span className="min-w-0 flex-1 basis-44">
                  <PrincipalLabel principal={owner} />
                </span>
                <Badge tone="accent">owner</Badge>
              </li>
            )}
            {own.map((grant) => (
              <GrantRow
                key={grant.principal.id}
                grant={grant}
                roles={roles}
                busy={busy}
                onRole={(role) => onRole(grant.principal, role)}
                onRemove={() => onRemove(grant)}
              />
            ))}
          </ul>
        )}
      </section>
      {inherited.length > 0 && (
        <section aria-label="Inherited access" className="flex flex-col gap-2">
          <h3 className="font-medium">From what it lies in</h3>
          <ul aria-label="Inherited access" className={LIST}>
            {inherited.map((grant) => (
              <li key={`${grant.principal.id} ${grant.inherited_from?.id}`} className={ROW}>
                <span className="min-w-0 flex-1 basis-44">
                  <PrincipalLabel principal={grant.principal} />
                </span>
                <span className="text-right text-sm text-muted">
                  <span className="block text-text">{grantText(grant)}</span>
                  from the {TYPE_NAMES[grant.inherited_from!.type]} {grant.inherited_from!.name}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
