// Native drag and drop: which cards travel, where they would fall, and which columns refuse them.

const EDGE_PIXELS = 56;
const EDGE_STEP = 14;

class CardDrag {
  // `drop(ids, cell, after, before)` carries the move out; `ended()` is called after every drag.
  constructor(view, store, { drop, ended }) {
    this.view = view;
    this.store = store;
    this.drop = drop;
    this.ended = ended;
    this.ids = null; // the cards under way, in the order of the board, or null
    this.target = null; // {cell, after, before}, the cell as the layout knows it
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
    for (const cell of this.view.cells.values()) {
      const refused = this.ids.find((id) => !this.store.mayGo(id, cell.status));
      cell.node.classList.toggle("refuses", refused !== undefined);
      if (refused === undefined) continue;
      const from = this.store.labelOf(this.store.statusOf(refused));
      cell.refusal.textContent = `Not from ${from}`;
      cell.refusal.hidden = false;
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
    const cell = this.view.cells.get(event.target.closest?.(".cell")?.dataset.cell);
    if (!cell || this.ids.some((id) => !this.store.mayGo(id, cell.status))) {
      this.clearTarget();
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    this.aim(cell, event.clientX, event.clientY);
  }

  // Finds the gap under the pointer and draws the line there.
  aim(cell, x, y) {
    const { after, before } = this.gapAt(cell, x, y);
    if (this.target?.cell !== cell) this.clearTarget();
    this.target = { cell, after, before };
    cell.node.classList.add("target");
    this.drawLine(cell, after, before);
  }

  gapAt(cell, x, y) {
    const skip = new Set(this.ids);
    const shown = () => this.store.shownIds(this.store.cellFor(cell.status, cell.lane)).filter((id) => !skip.has(id));
    // Where the newest stand on top, that is where they go.
    const under = this.store.isByArrival(cell.status) ? null : this.cardAt(cell, x, y);
    if (under !== null) {
      const box = this.view.cards.get(under).getBoundingClientRect();
      const lower = y > box.top + box.height / 2;
      return {
        after: lower && !skip.has(under) ? under : this.store.neighbour(under, -1, skip),
        before: !lower && !skip.has(under) ? under : this.store.neighbour(under, 1, skip),
      };
    }
    const ids = shown();
    const last = ids.length && !this.store.isByArrival(cell.status) ? ids[ids.length - 1] : null;
    const below = last !== null && !this.view.layout.isFolded(cell.status) && y > this.view.cards.get(last).getBoundingClientRect().bottom;
    return { after: below ? last : null, before: below || !ids.length ? null : ids[0] };
  }

  cardAt(cell, x, y) {
    const root = this.view.root.getRootNode();
    for (const shift of [0, -5, 5]) {
      const node = root.elementFromPoint(x, y + shift)?.closest(".card");
      if (node && cell.list.contains(node)) return this.view.idOf.get(node);
    }
    return null;
  }

  drawLine(cell, after, before) {
    const reference = this.view.cards.get(before ?? after)?.getBoundingClientRect();
    const listTop = cell.list.getBoundingClientRect().top - cell.list.scrollTop;
    const edge = reference && (before === null ? reference.bottom + 2 : reference.top - 4);
    cell.line.style.transform = `translateY(${reference ? Math.max(0, edge - listTop) : 3}px)`;
    cell.line.hidden = false;
  }

  clearTarget() {
    if (!this.target) return;
    const { cell } = this.target;
    cell.node.classList.remove("target");
    cell.line.hidden = true;
    this.target = null;
  }

  leave(event) {
    if (this.target && !this.view.root.contains(event.relatedTarget)) this.clearTarget();
  }

  fall(event) {
    if (!this.ids || !this.target) return;
    event.preventDefault();
    const ids = this.ids;
    const { cell, after, before } = this.target;
    this.clear();
    this.drop(ids, cell, after, before);
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
    for (const cell of this.view.cells.values()) {
      cell.node.classList.remove("refuses");
      cell.refusal.hidden = true;
    }
    this.view.root.classList.remove("dragging");
    this.ghost.replaceChildren();
    this.ids = null;
  }
}

// The selected cards as a person reads them: column by column (in a lane after the other), from the top.
function inBoardOrder(view, store) {
  const places = new Map(store.columns.map((column, index) => [column.status, index]));
  const at = (id) => store.drawn.get(id);
  return [...view.selected]
    .filter((id) => store.drawn.has(id))
    .sort((a, b) => places.get(at(a).status) - places.get(at(b).status) || compareLanes(store.lanesBy, at(a).lane, at(b).lane) || comparePlaces(at(a).position, a, at(b).position, b));
}
