// A page for editors that want one: jsdom's, with what it lacks and editors only look at.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
const nothing = { top: 0, bottom: 0, left: 0, right: 0, width: 0, height: 0, x: 0, y: 0 };
window.Range.prototype.getClientRects = () => [];
window.Range.prototype.getBoundingClientRect = () => nothing;
window.Element.prototype.getClientRects = () => [];
window.document.elementFromPoint = () => null;
window.document.execCommand = () => false;

for (const name of Object.getOwnPropertyNames(window)) {
  if (name in globalThis || name.startsWith("_")) continue;
  Object.defineProperty(globalThis, name, { configurable: true, get: () => window[name], set: () => {} });
}
Object.assign(globalThis, { window, document: window.document });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
