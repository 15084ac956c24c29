import { UserRoundPlus } from 'lucide-react';
import { Button } from '@/components/Button';
import { openShare, type Shared } from '@/features/sharing/store';

/** Opens the sharing of an object. */
export function ShareButton(what: Shared) {
  return (
    <Button icon={<UserRoundPlus size={14} />} onClick={() => openShare(what)}>
      Share
    </Button>
  );
}
