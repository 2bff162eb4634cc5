// The columns and cards on the screen. Elements are kept by card id; only what changed is drawn again.

class BoardView {
  constructor(root, templates, store) {
    this.root = root;
    this.templates = templates;
    this.store = store;
    this.layout = new BoardLayout(root, templates, store, (status) => this.onOlder(status));
    this.columnsNode = this.layout.node;
    this.onOlder = () => {};
    this.cards = new Map(); // id → element
    this.idOf = new WeakMap(); // element → id
    this.drawnFrom = new Map(); // id → card that the element shows
    this.selected = new Set();
    this.onSelection = () => {};
    this.activeId = null; // the one card that Tab reaches
    this.currentId = null; // the card that is open beside the board
    this.readOnly = false;
    this.hidden = new Set(); // parts of cards that the person does not want to see
    this.key = null; // names this board in the browser's memory
  }

  get focusedCard() {
    const node = this.root.getRootNode().activeElement?.closest?.(".card");
    return node ? this.idOf.get(node) : null;
  }

  get columns() {
    return this.layout.columns;
  }

  get cells() {
    return this.layout.cells;
  }

  drawColumns(key) {
    this.key = key;
    this.layout.draw(key);
  }

  // What the person wants to see of each card; returns whether every card has to be drawn anew.
  setLook(density, hidden) {
    this.root.dataset.density = density;
    if (hidden.join() === [...this.hidden].join()) return false;
    this.hidden = new Set(hidden);
    this.drawnFrom.clear();
    return true;
  }

  // Brings every cell into the order of the store, with as few touches of the page as possible.
  drawAll() {
    const focused = this.focusedCard;
    if (!this.layout.isCurrent()) this.layout.draw(this.key);
    const now = Date.now() / 1000;
    for (const [id, node] of this.cards) {
      if (!this.store.cards.has(id)) this.forget(id, node);
      else if (!this.store.isShown(id)) this.hide(id, node);
    }
    for (const [cell, { chunks }] of this.cells) {
      chunks.fill(this.store.shownIds(cell).map((id) => this.element(id, now)));
    }
    for (const status of this.columns.keys()) this.layout.drawHead(status);
    this.layout.drawLaneCounts();
    this.restoreFocus(focused);
    this.keepActive();
  }

  // Draws what a message or an own move changed: `touched` anew, `placed` elsewhere, `gone` no more.
  sync(changes, foreign) {
    if (changes.columns.size && !this.layout.isCurrent()) {
      for (const id of changes.gone) this.forget(id, this.cards.get(id));
      this.drawAll();
      return;
    }
    const focused = this.focusedCard;
    const fallback = focused !== null && changes.gone.has(focused) ? this.besides(focused, changes.gone) : null;
    const now = Date.now() / 1000;
    for (const id of changes.gone) this.forget(id, this.cards.get(id));
    for (const id of changes.touched) {
      if (!this.store.cards.has(id) || !this.store.isShown(id)) continue;
      const node = this.element(id, now);
      if (foreign?.has(id)) node.classList.add("changed");
    }
    for (const id of this.lastFirst(changes.placed)) this.place(id);
    for (const status of changes.columns) this.layout.drawHead(status);
    if (changes.columns.size) this.layout.drawLaneCounts();
    this.restoreFocus(focused, fallback);
    this.keepActive();
  }

  // From the bottom up, so that the card below is always where it belongs already.
  lastFirst(ids) {
    const indexed = [...ids].filter((id) => this.store.drawn.has(id));
    return indexed
      .map((id) => ({ id, index: this.store.pile(this.store.cellOf(id)).indexOf(id) }))
      .sort((a, b) => b.index - a.index)
      .map(({ id }) => id);
  }

  element(id, now) {
    const card = this.store.cards.get(id);
    let node = this.cards.get(id);
    if (!node) {
      node = this.templates.card.content.firstElementChild.cloneNode(true);
      node.dataset.id = String(id);
      node.draggable = !this.readOnly;
      this.cards.set(id, node);
      this.idOf.set(node, id);
      if (id === this.currentId) node.classList.add("current");
    }
    if (this.drawnFrom.get(id) !== card) {
      fillCard(node, card, now, this);
      this.drawnFrom.set(id, card);
    }
    const waiting = this.store.moved.has(id);
    if (waiting !== node.classList.contains("waiting")) node.classList.toggle("waiting", waiting);
    return node;
  }

  place(id) {
    const cell = this.cells.get(this.store.cellOf(id));
    if (!cell || !this.store.isShown(id)) {
      if (this.cards.has(id)) removeCard(this.cards.get(id));
      return;
    }
    const below = this.store.neighbour(id, 1);
    cell.chunks.insert(this.cards.get(id), below === null ? null : this.cards.get(below));
  }

  // A card that the filter hides is not selected any more: nobody moves what they cannot see.
  hide(id, node) {
    removeCard(node);
    if (this.selected.has(id)) this.select(id, false);
  }

  forget(id, node) {
    if (node) removeCard(node);
    this.cards.delete(id);
    this.drawnFrom.delete(id);
    if (this.selected.delete(id)) this.selectionChanged();
  }

  besides(id, gone) {
    for (const way of [cardBelow, cardAbove]) {
      for (let node = this.cards.get(id); node; node = way(node)) {
        const other = this.idOf.get(node);
        if (other !== undefined && !gone.has(other)) return other;
      }
    }
    return null;
  }

  // Gives the focus back to the card that had it before elements were moved.
  restoreFocus(id, fallback = null) {
    const wanted = id !== null && this.cards.has(id) ? id : fallback;
    if (wanted !== null && this.focusedCard !== wanted) this.cards.get(wanted)?.focus({ preventScroll: true });
  }

  focus(id) {
    const node = this.cards.get(id);
    if (!node) return;
    this.layout.unfold(this.store.cellOf(id));
    this.activate(id);
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  activate(id) {
    if (this.activeId !== null && this.activeId !== id) {
      const before = this.cards.get(this.activeId);
      if (before) before.tabIndex = -1;
    }
    this.activeId = id;
    const node = this.cards.get(id);
    if (node && node.tabIndex !== 0) node.tabIndex = 0;
  }

  // Some shown card can always be reached with Tab.
  keepActive() {
    const usable = (id) => this.cards.has(id) && this.store.isShown(id) && this.cells.has(this.store.cellOf(id));
    if (this.activeId !== null && usable(this.activeId)) return this.activate(this.activeId);
    for (const [cell, { status, lane }] of this.cells) {
      const folded = this.layout.isFolded(status) || this.layout.isLaneFolded(lane);
      const first = folded ? undefined : this.store.pile(cell).ids.find((id) => this.store.isShown(id));
      if (first !== undefined) return this.activate(first);
    }
    return undefined;
  }

  // A label with the place in the column costs a count, so it is written when a card gets the focus.
  describe(id) {
    const status = this.store.statusOf(id);
    const ids = this.store.shownIds(this.store.cellOf(id));
    this.cards.get(id).ariaLabel = cardInWords(this.store.cards.get(id), {
      label: this.store.labelOf(status),
      lane: this.store.lanesBy === null ? null : this.layout.laneName(this.store.laneOf(id)),
      asleep: this.isAsleep(this.store.cards.get(id)),
      index: ids.indexOf(id) + 1,
      count: ids.length,
      selected: this.selected.has(id),
      waiting: this.store.moved.has(id),
    });
  }

  // Whether a proposal is put aside until later, or until another one is done.
  isAsleep(card, now = Date.now() / 1000) {
    const other = card.snoozed_for === null ? null : this.store.cards.get(card.snoozed_for)?.status;
    return (card.snoozed_until ?? 0) > now || (Boolean(other) && !["completed", "rejected"].includes(other));
  }

  select(id, on) {
    if (on) this.selected.add(id);
    else this.selected.delete(id);
    this.cards.get(id)?.classList.toggle("selected", on);
    this.selectionChanged();
  }

  selectionChanged() {
    this.root.classList.toggle("selecting", this.selected.size > 0);
    this.onSelection();
  }

  clearSelection() {
    for (const id of [...this.selected]) this.select(id, false);
  }

  setCurrent(id) {
    if (id === this.currentId) return;
    this.cards.get(this.currentId)?.classList.remove("current");
    this.cards.get(id)?.classList.add("current");
    this.currentId = id;
  }

  setReadOnly(readOnly) {
    if (readOnly === this.readOnly) return;
    this.readOnly = readOnly;
    this.root.classList.toggle("read-only", readOnly);
    for (const node of this.cards.values()) node.draggable = !readOnly;
  }

  refreshAges() {
    const now = Date.now() / 1000;
    for (const [id, node] of this.cards) {
      const { entered } = this.store.cards.get(id) ?? {};
      if (entered) node.querySelector(".age").textContent = ageText(entered, now);
    }
  }
}
