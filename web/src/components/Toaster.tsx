import { CheckCircle2, CircleAlert, X } from 'lucide-react';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import { dismissToast, toasts, type Toast } from '@/components/toasts';
import { useStore } from '@/lib/store';

function ToastCard({ toast }: { toast: Toast }) {
  const act = () => {
    dismissToast(toast.id);
    toast.action?.run();
  };
  return (
    <div className="slide-up pointer-events-auto flex items-start gap-2 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 shadow-pop">
      {toast.tone === 'success' && (
        <CheckCircle2 size={16} className="mt-1 shrink-0 text-success" />
      )}
      {toast.tone === 'danger' && <CircleAlert size={16} className="mt-1 shrink-0 text-danger" />}
      <div className="min-w-0 flex-1 py-0.5">
        <div className="font-medium wrap-anywhere">{toast.title}</div>
        {toast.detail && <div className="wrap-anywhere text-muted">{toast.detail}</div>}
      </div>
      {toast.action && (
        <Button variant="ghost" className="h-6 text-accent" onClick={act}>
          {toast.action.label}
        </Button>
      )}
      <IconButton small label="Dismiss" onClick={() => dismissToast(toast.id)}>
        <X size={14} />
      </IconButton>
    </div>
  );
}

export function Toaster() {
  const all = useStore(toasts);
  return (
    <div
      role="status"
      aria-live="polite"
      className="no-print pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col gap-2 md:right-4 md:bottom-4 md:left-auto md:w-96"
    >
      {all.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
