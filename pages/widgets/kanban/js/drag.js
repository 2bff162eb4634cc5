// Native drag and drop: which cards travel, where they would fall, and which columns refuse them.

const EDGE_PIXELS = 56;
const EDGE_STEP = 14;

class CardDrag {
  // `drop(ids, status, after, before)` carries the move out; `ended()` is called after every drag.
  constructor(view, store, { drop, ended }) {
    this.view = view;
    this.store = store;
    this.drop = drop;
    this.ended = ended;
    this.ids = null; // the cards under way, in the order of the board, or null
    this.target = null; // {status, after, before}
    this.ghost = view.root.querySelector(".ghost");
    const root = view.root;
    root.addEventListener("dragstart", (event) => this.start(event));
    root.addEventListener("dragenter", (event) => this.over(event));
    root.addEventListener("dragover", (event) => this.over(event));
    root.addEventListener("dragleave", (event) => this.leave(event));
    root.addEventListener("drop", (event) => this.fall(event));
    root.addEventListener("dragend", () => this.end());
    // no mouse move reaches the page during a drag: one that does says that the drag ended unseen
    root.addEventListener("pointermove", () => this.ids && !this.starting && this.end());
  }

  get isOn() {
    return this.ids !== null;
  }

  start(event) {
    const node = event.target.closest?.(".card");
    const id = node && this.view.idOf.get(node);
    if (!id || this.view.readOnly) return;
    this.ids = this.view.selected.has(id) ? inBoardOrder(this.view, this.store) : [id];
    this.starting = true;
    this.x = event.clientX;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.ids.map((each) => this.store.cards.get(each).title).join("\n"));
    if (this.ids.length > 1) this.showGhost(node, event);
    // the browser takes the picture of the card now; what the drag looks like on the board comes a moment later
    setTimeout(() => this.markStart(), 0);
  }

  markStart() {
    this.starting = false;
    if (!this.ids) return;
    this.ghost.replaceChildren();
    this.view.root.classList.add("dragging");
    requestAnimationFrame(() => this.scrollSideways());
    for (const id of this.ids) this.view.cards.get(id)?.classList.add("travelling");
    for (const [status, column] of this.view.columns) {
      const refused = this.ids.find((id) => !this.store.mayGo(id, status));
      column.node.classList.toggle("refuses", refused !== undefined);
      if (refused === undefined) continue;
      const from = this.store.labelOf(this.store.statusOf(refused));
      column.refusal.textContent = `Not from ${from}`;
      column.refusal.hidden = false;
    }
  }

  showGhost(node, event) {
    const picture = node.cloneNode(true);
    picture.style.width = `${node.offsetWidth}px`;
    this.ghost.replaceChildren(picture);
    addSpan(this.ghost, "badge", String(this.ids.length));
    const box = node.getBoundingClientRect();
    event.dataTransfer.setDragImage(this.ghost, event.clientX - box.left, event.clientY - box.top);
  }

  // Columns beyond the edge come closer; up and down in a column the browser scrolls by itself.
  scrollSideways() {
    if (!this.ids) return;
    const columns = this.view.columnsNode;
    const { left, right } = columns.getBoundingClientRect();
    if (this.x < left + EDGE_PIXELS) columns.scrollLeft -= EDGE_STEP;
    else if (this.x > right - EDGE_PIXELS) columns.scrollLeft += EDGE_STEP;
    requestAnimationFrame(() => this.scrollSideways());
  }

  over(event) {
    if (!this.ids) return;
    this.x = event.clientX;
    const column = event.target.closest?.(".column");
    const status = column?.dataset.status;
    if (!status || this.ids.some((id) => !this.store.mayGo(id, status))) {
      this.clearTarget();
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    this.aim(status, event.clientX, event.clientY);
  }

  // Finds the gap under the pointer and draws the line there.
  aim(status, x, y) {
    const column = this.view.columns.get(status);
    const under = this.cardAt(column, x, y);
    const skip = new Set(this.ids);
    let after = null;
    let before = null;
    if (under !== null) {
      const box = this.view.cards.get(under).getBoundingClientRect();
      const lower = y > box.top + box.height / 2;
      after = lower && !skip.has(under) ? under : this.store.neighbour(under, -1, skip);
      before = !lower && !skip.has(under) ? under : this.store.neighbour(under, 1, skip);
    } else {
      const shown = this.store.shownIds(status).filter((id) => !skip.has(id));
      const last = shown.length ? shown[shown.length - 1] : null;
      const below = last !== null && !this.view.isFolded(status) && y > this.view.cards.get(last).getBoundingClientRect().bottom;
      after = below ? last : null;
      before = below || !shown.length ? null : shown[0];
    }
    if (this.target?.status !== status) this.clearTarget();
    this.target = { status, after, before };
    column.node.classList.add("target");
    this.drawLine(column, after, before);
  }

  cardAt(column, x, y) {
    const root = this.view.root.getRootNode();
    for (const shift of [0, -5, 5]) {
      const node = root.elementFromPoint(x, y + shift)?.closest(".card");
      if (node && column.list.contains(node)) return this.view.idOf.get(node);
    }
    return null;
  }

  drawLine(column, after, before) {
    const reference = this.view.cards.get(before ?? after)?.getBoundingClientRect();
    const listTop = column.list.getBoundingClientRect().top - column.list.scrollTop;
    const edge = reference && (before === null ? reference.bottom + 2 : reference.top - 4);
    column.line.style.transform = `translateY(${reference ? Math.max(0, edge - listTop) : 3}px)`;
    column.line.hidden = false;
  }

  clearTarget() {
    if (!this.target) return;
    const column = this.view.columns.get(this.target.status);
    column.node.classList.remove("target");
    column.line.hidden = true;
    this.target = null;
  }

  leave(event) {
    if (this.target && !this.view.root.contains(event.relatedTarget)) this.clearTarget();
  }

  fall(event) {
    if (!this.ids || !this.target) return;
    event.preventDefault();
    const ids = this.ids;
    const { status, after, before } = this.target;
    this.clear();
    this.drop(ids, status, after, before);
    this.ended();
  }

  end() {
    if (!this.ids) return;
    this.clear();
    this.ended();
  }

  clear() {
    this.clearTarget();
    for (const id of this.ids) this.view.cards.get(id)?.classList.remove("travelling");
    for (const column of this.view.columns.values()) {
      column.node.classList.remove("refuses");
      column.refusal.hidden = true;
    }
    this.view.root.classList.remove("dragging");
    this.ghost.replaceChildren();
    this.ids = null;
  }
}

// The selected cards as a person reads them: column by column, from the top.
function inBoardOrder(view, store) {
  const places = new Map(store.columns.map((column, index) => [column.status, index]));
  const at = (id) => store.drawn.get(id);
  return [...view.selected]
    .filter((id) => store.drawn.has(id))
    .sort((a, b) => places.get(at(a).status) - places.get(at(b).status) || comparePlaces(at(a).position, a, at(b).position, b));
}
