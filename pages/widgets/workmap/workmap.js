// Draws the map that the page laid out, and lets a person pan, zoom and walk through it. Titles are text, never HTML.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 222, HEIGHT = 46, ACROSS = 280, DOWN = 64, MARGIN = 24;
const SMALLEST = 0.12, LARGEST = 2.5, LEGIBLE = 0.55;
const A_DRAG = 5; // pixels; less is a click

function made(name, attributes = {}, text = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

const cut = (text, longest) => (text.length > longest ? `${text.slice(0, longest - 1).trimEnd()}…` : text);

class WorkMap {
  constructor(parent) {
    this.parent = parent;
    this.root = parent.querySelector(".workmap");
    this.svg = this.root.querySelector("svg");
    this.world = this.root.querySelector(".world");
    this.view = { x: 0, y: 0, scale: 1 };
    this.pointers = new Map();
    this.listen();
  }

  listen() {
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) this.svg.addEventListener(name, (event) => this.release(event));
    this.svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("focusin", (event) => this.mark(event.target.closest?.(".node")));
    this.svg.addEventListener("pointerover", (event) => this.mark(event.target.closest?.(".node")));
    this.root.querySelector(".zoom").addEventListener("click", (event) => {
      const zoom = event.target.closest("button")?.dataset.zoom;
      if (zoom === "fit") this.fit(SMALLEST);
      else if (zoom) this.zoom(Number(zoom));
    });
    this.onResize = () => this.layOut();
    addEventListener("resize", this.onResize);
  }

  dispose() {
    removeEventListener("resize", this.onResize);
  }

  take(data, trigger) {
    this.trigger = trigger;
    const raw = JSON.stringify(data);
    if (raw === this.raw) return; // a rerun that changed nothing keeps the view and the focus
    this.raw = raw;
    const focused = this.root.getRootNode().activeElement?.dataset?.id;
    this.data = data;
    this.byId = new Map(this.data.nodes.map((node) => [node.id, node]));
    this.draw();
    this.layOut();
    const shape = this.data.nodes.map((node) => `${node.id}:${node.layer}:${node.row}`).join();
    if (shape !== this.shape) this.fit(LEGIBLE);
    this.shape = shape;
    if (focused) this.nodes.get(Number(focused))?.focus();
  }

  draw() {
    const links = this.root.querySelector(".links");
    const nodes = this.root.querySelector(".nodes");
    links.replaceChildren(...this.data.links.map((link) => this.drawLink(...link)));
    this.nodes = new Map(this.data.nodes.map((node) => [node.id, this.drawNode(node)]));
    nodes.replaceChildren(...this.nodes.values());
    this.makeReachable([...this.nodes.keys()][0]);
  }

  drawLink(from, to, critical) {
    const start = this.byId.get(from), end = this.byId.get(to);
    const x1 = this.left(start) + WIDTH, y1 = this.top(start) + HEIGHT / 2;
    const x2 = this.left(end), y2 = this.top(end) + HEIGHT / 2;
    const bend = Math.max(30, (x2 - x1) / 2);
    const path = made("path", { class: `link${critical ? " critical" : ""}`, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` });
    path.dataset.from = from;
    path.dataset.to = to;
    return path;
  }

  drawNode(node) {
    const classes = ["node", ...["critical", "aside", "focus"].filter((name) => node[name])];
    const group = made("g", { class: classes.join(" "), transform: `translate(${this.left(node)} ${this.top(node)})`, tabindex: "-1", role: "button", "aria-label": this.inWords(node) });
    group.dataset.id = node.id;
    group.append(
      made("title", {}, `#${node.id} ${node.title}`),
      made("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 8 }),
      made("rect", { x: 0, y: 0, width: 6, height: HEIGHT, rx: 3, fill: node.colour }),
      made("text", { class: "title", x: 14, y: 19 }, cut(`#${node.id} ${node.title}`, 25)),
      made("text", { class: "facts", x: 14, y: 36 }, cut([`${node.symbol} ${node.status}`, node.hours, node.who].filter(Boolean).join(" · "), 34)),
    );
    if (node.ready) {
      group.append(made("rect", { class: "badge", x: WIDTH - 42, y: -7, width: 40, height: 15, rx: 7 }), made("text", { class: "badge-text", x: WIDTH - 38, y: 4 }, "ready"));
    }
    return group;
  }

  inWords(node) {
    const before = this.data.links.filter((link) => link[1] === node.id).map((link) => `#${link[0]}`);
    return [
      `#${node.id} ${node.title}`, node.status, node.hours && `${node.hours} left`,
      before.length ? `waits for ${before.join(", ")}` : "waits for nothing here",
      node.ready && "ready now", node.critical && "on the critical path",
    ].filter(Boolean).join(", ");
  }

  left(node) { return MARGIN + node.layer * ACROSS; }
  top(node) { return MARGIN + node.row * DOWN; }

  layOut() {
    const scroller = this.parent.host?.closest('[data-testid="stMain"]');
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    this.root.style.setProperty("--map-height", `${Math.round(Math.max(320, innerHeight - top - 110))}px`);
  }

  show() {
    const { x, y, scale } = this.view;
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }

  // Everything, but no smaller than can be read: then the left upper corner, or what is in focus.
  fit(smallest) {
    const box = this.svg.getBoundingClientRect();
    const width = (this.data.layers - 1) * ACROSS + WIDTH + 2 * MARGIN;
    const height = (this.data.rows - 1) * DOWN + HEIGHT + 2 * MARGIN;
    const scale = Math.max(smallest, Math.min(1.1, box.width / width, box.height / height));
    const centred = (room, size) => Math.max(0, (room - size * scale) / 2);
    this.view = { scale, x: centred(box.width, width), y: centred(box.height, height) };
    this.show();
    const focus = this.data.nodes.find((node) => node.focus);
    if (focus) this.bring(focus);
  }

  zoom(factor, clientX = null, clientY = null) {
    const box = this.svg.getBoundingClientRect();
    const x = clientX === null ? box.width / 2 : clientX - box.left;
    const y = clientY === null ? box.height / 2 : clientY - box.top;
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.view.scale * factor));
    const ratio = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio };
    this.show();
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
  }

  press(event) {
    if (event.button) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.pointers.size === 1) this.start = { x: event.clientX, y: event.clientY, node: event.target.closest(".node"), moved: false };
  }

  drag(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length) {
      const before = Math.hypot(last.x - others[0].x, last.y - others[0].y);
      const now = Math.hypot(event.clientX - others[0].x, event.clientY - others[0].y);
      if (before > 0) this.zoom(now / before, (event.clientX + others[0].x) / 2, (event.clientY + others[0].y) / 2);
      this.start.moved = true;
    } else {
      if (Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) > A_DRAG && !this.start.moved) {
        this.start.moved = true;
        this.svg.setPointerCapture(event.pointerId);
        this.svg.classList.add("dragging");
      }
      if (this.start.moved) {
        this.view.x += event.clientX - last.x;
        this.view.y += event.clientY - last.y;
        this.show();
      }
    }
    if (this.start.moved || others.length) this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.svg.classList.remove("dragging");
    if (event.type === "pointerup" && this.start.node && !this.start.moved) this.open(Number(this.start.node.dataset.id));
  }

  open(id) {
    this.makeReachable(id);
    this.trigger("open", id);
  }

  key(event) {
    const id = Number(event.target.closest?.(".node")?.dataset.id);
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const zoom = { "+": 1.25, "=": 1.25, "-": 0.8 }[event.key];
    const next = this.neighbour(this.byId.get(id), event.key);
    if (event.key === "Enter" || event.key === " ") this.open(id);
    else if (zoom) this.zoom(zoom);
    else if (next) this.go(next);
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
  }

  // Left is what it waits for, right what waits for it; up and down the one above or below.
  neighbour(node, key) {
    const near = (some) => some.sort((a, b) => Math.abs(a.row - node.row) - Math.abs(b.row - node.row))[0];
    if (key === "ArrowLeft") return near(this.data.links.filter((link) => link[1] === node.id).map((link) => this.byId.get(link[0])));
    if (key === "ArrowRight") return near(this.data.links.filter((link) => link[0] === node.id).map((link) => this.byId.get(link[1])));
    if (key === "ArrowUp") return near(this.data.nodes.filter((other) => other.layer === node.layer && other.row < node.row));
    if (key === "ArrowDown") return near(this.data.nodes.filter((other) => other.layer === node.layer && other.row > node.row));
    if (key === "Home") return this.data.nodes[0];
    if (key === "End") return this.data.nodes[this.data.nodes.length - 1];
    return undefined;
  }

  go(node) {
    this.makeReachable(node.id);
    this.nodes.get(node.id).focus({ preventScroll: true });
    this.bring(node);
  }

  // Pans just so far that the whole card is seen.
  bring(node) {
    const box = this.svg.getBoundingClientRect(), { scale } = this.view;
    const moved = (at, size, room, offset) => {
      const begin = at * scale + offset, end = begin + size * scale;
      if (begin < 12) return offset + 12 - begin;
      return end > room - 12 ? offset - (end - room + 12) : offset;
    };
    this.view.x = moved(this.left(node), WIDTH, box.width, this.view.x);
    this.view.y = moved(this.top(node), HEIGHT, box.height, this.view.y);
    this.show();
  }

  // One card is in the order of tabs; arrow keys reach the others.
  makeReachable(id) {
    this.nodes.get(this.reachable)?.setAttribute("tabindex", "-1");
    this.reachable = id;
    this.nodes.get(id)?.setAttribute("tabindex", "0");
  }

  mark(group) {
    const id = group?.dataset.id;
    if (id === this.marked) return;
    this.marked = id;
    for (const link of this.root.querySelectorAll(".link.touching")) link.classList.remove("touching");
    if (id) for (const link of this.root.querySelectorAll(`.link[data-from="${id}"], .link[data-to="${id}"]`)) link.classList.add("touching");
  }
}

const maps = new WeakMap(); // the element that Streamlit gives → its WorkMap

export default function workmap({ parentElement, data, setTriggerValue }) {
  let map = maps.get(parentElement);
  if (!map || !map.root.isConnected) {
    map?.dispose();
    map = new WorkMap(parentElement);
    maps.set(parentElement, map);
  }
  map.take(data, setTriggerValue);
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    map.dispose();
    maps.delete(parentElement);
  });
}
