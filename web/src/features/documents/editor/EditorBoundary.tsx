import { Component, type ReactNode } from 'react';
import { reportError } from '@/api/page-errors';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { copyWithToast } from '@/components/toasts';

interface Props {
  /** The text as it is known, to be saved from a broken page. */
  text(): string;
  children: ReactNode;
}

/** When the editor breaks: what was written can be copied, and the page begins anew. */
export class EditorBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override componentDidCatch(error: unknown) {
    reportError(error);
  }
  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div role="alert" className="flex flex-1">
        <EmptyState
          title="The editor stopped"
          actions={
            <>
              <Button onClick={() => copyWithToast(this.props.text(), 'Text')}>
                Copy the text
              </Button>
              <Button variant="primary" onClick={() => location.reload()}>
                Reload the page
              </Button>
            </>
          }
        >
          Something in this page failed. What you wrote was saved up to then: reload to go on, and
          copy the text before if you want to be sure.
        </EmptyState>
      </div>
    );
  }
}
