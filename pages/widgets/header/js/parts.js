// Small things that every part of the header uses.

const EPOCH_UNITS = [[60, "min"], [3600, "h"], [86400, "d"]];

// Text is only ever set as text: names and titles come from anywhere.
function made(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function keyed(letters) {
  return letters.map((letter) => made("kbd", "", letter));
}

// How long ago a moment in epoch seconds was.
function ago(at) {
  const seconds = Math.max(0, Date.now() / 1000 - at);
  if (seconds < 60) return "just now";
  if (seconds >= 31 * 86400) return new Date(at * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
  const [size, unit] = EPOCH_UNITS.findLast(([each]) => seconds >= each);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

function initialsOf(name) {
  const words = name.split(/[\s._:@-]+/u).filter(Boolean);
  const first = [...(words[0] ?? "?")][0];
  const last = words.length > 1 ? [...words.at(-1)][0] : "";
  return (first + last).toUpperCase();
}

// What has the focus, also inside of other components.
function focusedNode() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

function isField(node) {
  return node instanceof Element && (node.isContentEditable || node.matches("input, textarea, select"));
}

function dialogIsOpen() {
  return [...document.querySelectorAll('[role="dialog"], [role="alertdialog"]')].some((node) => node.checkVisibility?.() ?? true);
}

function newClient() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
