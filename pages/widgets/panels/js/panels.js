// Ties the panels together: draws what comes, keeps the focus, and turns clicks and keys into requests.

class Panels {
  constructor(parent) {
    this.root = parent.querySelector(".panels");
    this.parts = new Parts(parent);
    this.root.addEventListener("click", (event) => this.click(event));
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
    // What is drawn anew between press and release of a button would swallow the click.
    this.root.addEventListener("pointerdown", () => { this.pressed = true; });
    this.onRelease = () => setTimeout(() => this.released());
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, this.onRelease);
    this.timer = setInterval(() => this.refreshTimes(), 60000);
  }

  dispose() {
    removeEventListener("keydown", this.onKey);
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, this.onRelease);
    clearInterval(this.timer);
  }

  receive(text, trigger) {
    this.trigger = trigger;
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.held = text;
    if (!this.pressed) this.drawHeld();
  }

  released() {
    this.pressed = false;
    this.drawHeld();
  }

  drawHeld() {
    if (this.held === this.drawn) return;
    this.drawn = this.held;
    const focused = this.root.getRootNode().activeElement?.dataset?.key;
    this.draw(JSON.parse(this.drawn));
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.root.dataset.ready = "true";
  }

  draw(data) {
    const panel = (name) => this.root.querySelector(`[data-part="${name}"]`);
    const blocks = (node, list, titled) =>
      node.querySelector(".blocks").replaceChildren(...list.map((block) => this.parts.block(block, titled && block.title)));
    blocks(panel("needs"), data.needs, true);
    panel("changed").querySelector("h2").textContent = data.changed.title;
    blocks(panel("changed"), data.changed.blocks, true);
    blocks(panel("top"), [data.top], false);
    drawStatuses(panel("state"), data.statuses);
    drawPace(panel("state"), data.completions);
    this.root.querySelector(".glances").replaceChildren(...data.glances.map((glance) => this.glance(glance, blocks)));
  }

  glance(glance, blocks) {
    const node = this.parts.clone("glance");
    node.querySelector("h2").textContent = glance.title;
    const figures = node.querySelector(".figures");
    for (const { label, value } of glance.figures) {
      const pair = document.createElement("div");
      const name = document.createElement("dt");
      name.textContent = label;
      const figure = document.createElement("dd");
      figure.textContent = value;
      pair.append(name, figure);
      figures.append(pair);
    }
    if (!glance.figures.length) figures.remove();
    blocks(node, [glance.block], glance.block.lines.length > 0);
    return node;
  }

  refreshTimes() {
    for (const time of this.root.querySelectorAll("time")) time.textContent = ago(Date.parse(time.dateTime) / 1000);
  }

  // With Ctrl, or the middle button, a link is a link: another tab opens.
  click(event) {
    const read = event.target.closest("button.read");
    if (read) this.read(read);
    const request = event.target.closest("a")?.request;
    if (!request || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    if (request.item) this.trigger("open", { item: request.item, nonce: Date.now() });
    else this.trigger("go", { page: request.page, nonce: Date.now() });
  }

  // The line is gone with the next overview; the focus goes to its neighbour.
  read(button) {
    const lines = [...this.root.querySelectorAll("button.read")];
    const place = lines.indexOf(button);
    (lines[place + 1] ?? lines[place - 1])?.focus({ preventScroll: true });
    button.disabled = true;
    this.trigger("read", { item: button.notification, nonce: Date.now() });
  }

  key(event) {
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const from = event.composedPath()[0];
    if (from instanceof Element && (from.closest("input, textarea, select, [contenteditable]") || from.isContentEditable)) return;
    const current = this.root.getRootNode().activeElement;
    const inside = this.root.contains(current);
    if (event.key.startsWith("Arrow") && !inside) return;
    if (document.querySelector('[role="dialog"]')) return;
    const links = [...this.root.querySelectorAll("a.go")];
    if (!links.length) return;
    event.preventDefault();
    const place = links.indexOf(current);
    const next = place < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, place + step));
    links[next].focus();
  }
}

function isDark(root) {
  const [red, green, blue] = getComputedStyle(root).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

const drawnIn = new WeakMap(); // the element that Streamlit gives → its Panels
const utf8 = new TextDecoder();

export default function panels({ parentElement, setTriggerValue, data }) {
  let shown = drawnIn.get(parentElement);
  if (!shown || !shown.root.isConnected) {
    shown?.dispose();
    shown = new Panels(parentElement);
    drawnIn.set(parentElement, shown);
  }
  shown.receive(utf8.decode(data), setTriggerValue);
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    shown.dispose();
    drawnIn.delete(parentElement);
  });
}
