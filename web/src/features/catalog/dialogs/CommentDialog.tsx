import { useState } from 'react';
import { updateCatalog, updateSchema, updateTable } from '@/api/catalog';
import { Field, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';
import { closeCatalogDialog, targetName, type Target } from '@/features/catalog/dialogs/store';
import { refreshTables } from '@/features/catalog/refresh';

export function CommentDialog({ target }: { target: Target }) {
  const [comment, setComment] = useState(('comment' in target && target.comment) || '');
  const action = useAction(async () => {
    if (target.kind === 'catalog') await updateCatalog(target.catalog, { comment });
    else if (target.kind === 'schema') {
      await updateSchema(target.catalog, target.schema, { comment });
    } else if (target.kind !== 'volume') await updateTable(target, { comment });
    await refreshTables();
    closeCatalogDialog();
  });
  return (
    <FormModal
      title={`Comment on ${targetName(target)}`}
      onClose={closeCatalogDialog}
      onSubmit={action.run}
      submit="Save"
      busy={action.busy}
      error={action.error}
    >
      <Field label="Comment" hint="Shown in the catalog and found by search.">
        {(control) => (
          <TextArea
            {...control}
            autoFocus
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}
