import { CopyButton } from '@/components/CopyButton';
import { Modal } from '@/components/Modal';
import { rawText } from '@/lib/format';

interface Props {
  name: string;
  type: string;
  value: unknown;
  onClose(): void;
}

function pretty(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, null, 2)
    : rawText(value);
}

/** One value in full. */
export function CellModal({ name, type, value, onClose }: Props) {
  return (
    <Modal title={name} description={type} onClose={onClose}>
      <div className="relative mb-2 rounded-md border border-line bg-panel">
        <pre className="max-h-[50dvh] overflow-auto p-3 pr-10 font-mono text-sm whitespace-pre-wrap wrap-anywhere">
          {value === null || value === undefined ? (
            <i className="text-faint">NULL</i>
          ) : (
            pretty(value)
          )}
        </pre>
        <div className="absolute top-1 right-1">
          <CopyButton text={rawText(value)} label="Copy value" />
        </div>
      </div>
    </Modal>
  );
}
