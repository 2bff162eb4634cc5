// Issues and groups of them: to select with boxes, to open by click or Enter. Every text goes in as a text.

class IssueList {
  constructor(parent) {
    this.root = parent.querySelector(".issues");
    this.rows = this.root.querySelector(".rows");
    this.all = this.root.querySelector(".all input");
    this.more = this.root.querySelector(".more");
    this.template = parent.querySelector(".row-template");
    this.picked = new Set();
    this.last = null;
    this.all.addEventListener("change", () => this.pickAll());
    this.more.addEventListener("click", () => this.trigger("more", { shown: this.data.rows.length, nonce: Date.now() }));
    this.rows.addEventListener("change", (event) => this.toggled(event));
    this.rows.addEventListener("click", (event) => this.clicked(event));
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
  }

  dispose() {
    removeEventListener("keydown", this.onKey);
  }

  take(data, trigger, keep) {
    this.trigger = trigger;
    this.keep = keep;
    const raw = JSON.stringify(data);
    if (raw === this.raw) return; // a run that changed nothing keeps the focus and the place
    this.raw = raw;
    if (this.data && this.data.turn !== data.turn) this.picked.clear();
    this.data = data;
    const known = new Set(data.rows.map((row) => row.key));
    for (const key of [...this.picked]) if (!known.has(key)) this.picked.delete(key);
    this.draw();
  }

  draw() {
    const focused = this.root.getRootNode().activeElement?.closest?.(".row")?.dataset.key;
    const place = this.rows.scrollTop;
    this.rows.replaceChildren(...this.data.rows.map((row) => this.row(row)));
    this.rows.scrollTop = place;
    this.root.querySelector(".count").textContent = this.data.count;
    this.more.hidden = !this.data.more;
    this.more.textContent = this.data.more || "";
    this.mark();
    if (focused) this.nodeOf(focused)?.querySelector(".open").focus({ preventScroll: true });
  }

  row(row) {
    const node = this.template.content.firstElementChild.cloneNode(true);
    node.dataset.key = row.key;
    node.classList.toggle("group", row.group);
    node.classList.toggle("inside", row.inside);
    node.classList.toggle("current", row.current);
    const box = node.querySelector("input");
    box.ariaLabel = `Select ${row.group ? "all of " : ""}${row.title}${row.place ? `, ${row.place}` : ""}`;
    const open = node.querySelector(".open");
    if (row.group) open.ariaExpanded = String(row.current);
    else if (row.current) open.ariaCurrent = "true";
    const mark = node.querySelector(".mark");
    node.querySelector(".twist").textContent = row.group ? (row.current ? "▾" : "▸") : "";
    mark.dataset.severity = row.severity;
    mark.textContent = row.mark;
    node.querySelector(".title").textContent = row.title;
    const facts = node.querySelector(".facts");
    const parts = [[row.word, false], [row.place, false], ...row.notes.map((note) => [note, true]), [row.rest, false]];
    parts.filter(([text]) => text).forEach(([text, strong], at) => {
      if (at) facts.append(" · ");
      const part = document.createElement(strong ? "b" : "span");
      part.textContent = text;
      facts.append(part);
    });
    open.title = `${row.title}\n${row.place}`;
    return node;
  }

  nodeOf(key) {
    return this.rows.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  mark() {
    for (const node of this.rows.children) {
      const picked = this.picked.has(node.dataset.key);
      node.classList.toggle("picked", picked);
      node.querySelector("input").checked = picked;
    }
    this.all.checked = this.picked.size > 0 && this.picked.size === this.data.rows.length;
    this.all.indeterminate = this.picked.size > 0 && !this.all.checked;
    this.all.disabled = this.data.rows.length === 0;
  }

  pickAll() {
    if (this.picked.size) this.picked.clear();
    else for (const row of this.data.rows) this.picked.add(row.key);
    this.tell();
  }

  toggled(event) {
    const key = event.target.closest(".row")?.dataset.key;
    if (key !== undefined) this.toggle(key, event.target.checked);
  }

  toggle(key, on = !this.picked.has(key)) {
    if (on) this.picked.add(key);
    else this.picked.delete(key);
    this.last = key;
    this.tell();
  }

  range(key) {
    const keys = this.data.rows.map((row) => row.key);
    const [from, to] = [keys.indexOf(this.last), keys.indexOf(key)].sort((one, other) => one - other);
    for (const each of keys.slice(Math.max(0, from), to + 1)) this.picked.add(each);
    this.last = key;
    this.tell();
  }

  tell() {
    this.mark();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep("picked", { turn: this.data.turn, keys: [...this.picked] }), 120);
  }

  clicked(event) {
    const row = event.target.closest(".open")?.closest(".row");
    if (row) this.trigger("open", { key: row.dataset.key, nonce: Date.now() });
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const from = event.composedPath()[0];
    const types = from instanceof Element && (from.isContentEditable || from.closest("textarea, select, [contenteditable]") || (from.matches("input") && from.type !== "checkbox"));
    if (types || document.querySelector('[role="dialog"]')) return;
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const current = this.root.getRootNode().activeElement?.closest?.(".row");
    if (event.key.startsWith("Arrow") && !current) return;
    if (step) this.move(current, step);
    else if (event.key.toLowerCase() === "x" && current) event.shiftKey ? this.range(current.dataset.key) : this.toggle(current.dataset.key);
    else if (event.key === "Escape" && this.picked.size) this.pickAll();
    else return;
    event.preventDefault();
  }

  move(current, step) {
    const nodes = [...this.rows.children];
    const next = current ? nodes[nodes.indexOf(current) + step] : nodes[0];
    next?.querySelector(".open").focus();
    next?.scrollIntoView({ block: "nearest" });
  }
}

const drawnIn = new WeakMap(); // the element that Streamlit gives → its list

export default function issueList({ parentElement, setTriggerValue, setStateValue, data }) {
  let shown = drawnIn.get(parentElement);
  if (!shown || !shown.root.isConnected) {
    shown?.dispose();
    shown = new IssueList(parentElement);
    drawnIn.set(parentElement, shown);
  }
  shown.take(data, setTriggerValue, setStateValue);
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    shown.dispose();
    drawnIn.delete(parentElement);
  });
}
