import { Upload } from 'lucide-react';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { toastError } from '@/components/toasts';
import { droppedFiles } from '@/features/files/dropped';

interface Props {
  onFiles(files: { path: string; file: File }[]): void;
  children: ReactNode;
}

/** Takes files and folders that are dropped on its content. */
export function DropArea({ onFiles, children }: Props) {
  const depth = useRef(0); // dragenter and dragleave also come from the children
  const [over, setOver] = useState(false);
  const enter = (event: DragEvent, by: number) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    droppedFiles(event.dataTransfer)
      .then(onFiles)
      .catch((error: unknown) => toastError('Could not read what was dropped', error));
  };
  return (
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragEnter={(event) => enter(event, 1)}
      onDragLeave={(event) => enter(event, -1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-20 flex flex-col items-center justify-center gap-2 rounded-lg border-2 border-dashed border-accent bg-accent-soft/90 text-lg font-semibold text-accent">
          <Upload size={28} />
          Drop to upload
        </div>
      )}
    </div>
  );
}
