import Module from 'quill/core/module';
import type Quill from 'quill/core';
import type { UndoManager } from 'yjs';

const managers = new WeakMap<Quill, UndoManager>();
export const undoWith = (quill: Quill, manager: UndoManager): void =>
  void managers.set(quill, manager);

/** Stands in the place of Quill's own history: only one's own changes are undone, never those of
 * the others. */
export class SharedHistory extends Module {
  static override DEFAULTS = {};
  constructor(quill: Quill, options: Record<string, never>) {
    super(quill, options);
    const undo = () => this.undo();
    const redo = () => this.redo();
    quill.keyboard.addBinding({ key: 'z', shortKey: true }, undo);
    quill.keyboard.addBinding({ key: ['z', 'Z'], shortKey: true, shiftKey: true }, redo);
    quill.keyboard.addBinding({ key: 'y', shortKey: true }, redo);
    quill.root.addEventListener('beforeinput', (event) => {
      if (event.inputType === 'historyUndo') undo();
      else if (event.inputType === 'historyRedo') redo();
      else return;
      event.preventDefault();
    });
  }
  undo(): void {
    if (this.quill.isEnabled()) managers.get(this.quill)?.undo();
  }
  redo(): void {
    if (this.quill.isEnabled()) managers.get(this.quill)?.redo();
  }
  /** What follows is undone by itself. */
  cutoff(): void {
    managers.get(this.quill)?.stopCapturing();
  }
  clear(): void {
    managers.get(this.quill)?.clear();
  }
}
