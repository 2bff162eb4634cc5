// The list at the left: only the rows that one sees exist, so that thousands of items cost nothing.

const ROWS_BEYOND = 6;

class InboxList {
  // `actions` has go (an id was chosen), toggle and range; `look` has fill(node, row) and the pixels of a row.
  constructor(root, template, rows, actions, look) {
    this.root = root;
    this.template = template;
    this.rows = rows;
    this.actions = actions;
    this.fill = look.fill;
    this.pixels = look.pixels;
    this.scroller = root.querySelector(".scroller");
    this.space = root.querySelector(".space");
    this.nodes = new Map(); // id → element on the screen
    this.drawnFrom = new Map(); // id → row that the element shows
    this.selected = new Set();
    this.returned = new Set(); // ids that came back because a decision was not stored
    this.anchor = null;
    this.currentId = null;
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.scroller.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  click(event) {
    const node = event.target.closest(".row");
    if (!node) return;
    const id = Number(node.dataset.id);
    if (event.shiftKey) this.actions.range(id);
    else if (event.ctrlKey || event.metaKey || event.target.closest(".mark")) this.actions.toggle(id);
    else this.actions.go(id);
  }

  draw() {
    const { order } = this.rows;
    this.space.style.height = `${order.length * this.pixels}px`;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / this.pixels) - ROWS_BEYOND);
    const last = Math.min(order.length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / this.pixels) + ROWS_BEYOND);
    const seen = new Set(order.slice(first, last));
    for (const [id, node] of this.nodes) {
      if (seen.has(id)) continue;
      node.remove();
      this.nodes.delete(id);
      this.drawnFrom.delete(id);
    }
    for (let place = first; place < last; place += 1) this.drawRow(order[place], place, order.length);
    const active = this.nodes.get(this.currentId);
    if (active) this.scroller.setAttribute("aria-activedescendant", active.id);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  // The ids that one sees now, each with its place.
  visible() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.floor(scrollTop / this.pixels);
    const seen = this.rows.order.slice(first, Math.ceil((scrollTop + clientHeight) / this.pixels));
    return clientHeight ? seen.map((id, place) => [id, first + place]) : [];
  }

  drawRow(id, place, count) {
    let node = this.nodes.get(id);
    if (!node) {
      node = this.template.content.firstElementChild.cloneNode(true);
      node.dataset.id = String(id);
      node.id = `inbox-row-${id}`;
      this.nodes.set(id, node);
      this.space.append(node);
    }
    const row = this.rows.row(id);
    if (this.drawnFrom.get(id) !== row) {
      this.fill(node, row);
      this.drawnFrom.set(id, row);
    }
    node.style.transform = `translateY(${place * this.pixels}px)`;
    node.ariaPosInSet = String(place + 1);
    node.ariaSetSize = String(count);
    node.ariaSelected = String(this.selected.has(id));
    node.classList.toggle("selected", this.selected.has(id));
    node.classList.toggle("current", id === this.currentId);
    node.classList.toggle("returned", this.returned.has(id));
    if (id === this.currentId) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }

  setCurrent(id) {
    this.currentId = id;
    const place = this.rows.places.get(id);
    if (place === undefined) return;
    const top = place * this.pixels;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.pixels > scrollTop + clientHeight) this.scroller.scrollTop = top + this.pixels - clientHeight;
  }

  toggle(id) {
    if (!this.selected.delete(id)) this.selected.add(id);
    this.anchor = id;
  }

  // Everything from where the selection began to here.
  range(id) {
    const to = this.rows.places.get(id);
    const from = this.rows.places.get(this.anchor) ?? to;
    for (const each of this.rows.order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.selected.add(each);
    if (this.anchor === null) this.anchor = id;
  }

  // Nobody changes what they cannot see.
  forgetGone() {
    for (const id of this.selected) if (!this.rows.has(id)) this.selected.delete(id);
    for (const id of this.returned) if (!this.rows.has(id)) this.returned.delete(id);
  }
}
