// The columns and cards on the screen. Elements are kept by card id; only what changed is drawn again.

class BoardView {
  constructor(root, templates, store) {
    this.root = root;
    this.templates = templates;
    this.store = store;
    this.columnsNode = root.querySelector(".columns");
    this.columns = new Map(); // status → {node, list, count, …}
    this.cards = new Map(); // id → element
    this.idOf = new WeakMap(); // element → id
    this.drawnFrom = new Map(); // id → card that the element shows
    this.selected = new Set();
    this.onSelection = () => {};
    this.activeId = null; // the one card that Tab reaches
    this.currentId = null; // the card that is open beside the board
    this.readOnly = false;
    this.foldedKey = null;
  }

  get focusedCard() {
    const node = this.root.getRootNode().activeElement?.closest?.(".card");
    return node ? this.idOf.get(node) : null;
  }

  drawColumns(foldedKey) {
    this.foldedKey = foldedKey;
    const folded = new Set(readFolded(foldedKey));
    this.columns.clear();
    this.columnsNode.replaceChildren();
    for (const column of this.store.columns) {
      const node = this.templates.column.content.firstElementChild.cloneNode(true);
      const parts = {
        node,
        list: node.querySelector(".list"),
        chunks: new CardChunks(node.querySelector(".list")),
        count: node.querySelector(".count"),
        line: node.querySelector(".drop-line"),
        empty: node.querySelector(".empty"),
        refusal: node.querySelector(".refusal"),
        fold: node.querySelector(".fold"),
      };
      node.dataset.status = column.status;
      node.querySelector(".label").textContent = column.label;
      this.columns.set(column.status, parts);
      this.fold(column.status, folded.has(column.status));
      parts.fold.onclick = () => {
        this.fold(column.status, !node.classList.contains("folded"));
        writeFolded(this.foldedKey, [...this.columns].filter(([, c]) => c.node.classList.contains("folded")).map(([s]) => s));
      };
      this.columnsNode.append(node);
    }
  }

  fold(status, folded) {
    const { node, fold } = this.columns.get(status);
    const label = this.store.labelOf(status);
    node.classList.toggle("folded", folded);
    fold.ariaLabel = folded ? `Unfold ${label}` : `Fold ${label}`;
    fold.ariaExpanded = String(!folded);
    fold.title = fold.ariaLabel;
  }

  isFolded(status) {
    return this.columns.get(status)?.node.classList.contains("folded") ?? true;
  }

  // Brings every column into the order of the store, with as few touches of the page as possible.
  drawAll() {
    const focused = this.focusedCard;
    const now = Date.now() / 1000;
    for (const [id, node] of this.cards) {
      if (!this.store.cards.has(id)) this.forget(id, node);
      else if (!this.store.isShown(id)) this.hide(id, node);
    }
    for (const [status, { chunks }] of this.columns) {
      chunks.fill(this.store.shownIds(status).map((id) => this.element(id, now)));
      this.drawHead(status);
    }
    this.restoreFocus(focused);
    this.keepActive();
  }

  // Draws what a message or an own move changed: `touched` anew, `placed` elsewhere, `gone` no more.
  sync(changes, foreign) {
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
    for (const status of changes.lanes) this.drawHead(status);
    this.restoreFocus(focused, fallback);
    this.keepActive();
  }

  // From the bottom up, so that the card below is always where it belongs already.
  lastFirst(ids) {
    const indexed = [...ids].filter((id) => this.store.drawn.has(id));
    return indexed
      .map((id) => ({ id, index: this.store.lane(this.store.statusOf(id)).indexOf(id) }))
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
      fillCard(node, card, now);
      this.drawnFrom.set(id, card);
    }
    const waiting = this.store.moved.has(id);
    if (waiting !== node.classList.contains("waiting")) node.classList.toggle("waiting", waiting);
    return node;
  }

  place(id) {
    const column = this.columns.get(this.store.statusOf(id));
    if (!column || !this.store.isShown(id)) {
      if (this.cards.has(id)) removeCard(this.cards.get(id));
      return;
    }
    const below = this.store.neighbour(id, 1);
    column.chunks.insert(this.cards.get(id), below === null ? null : this.cards.get(below));
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

  drawHead(status) {
    const column = this.columns.get(status);
    if (!column) return;
    const { label, wip_limit: limit, wip_by: by } = this.store.byStatus.get(status);
    const all = this.store.lane(status).ids.length;
    const shown = this.store.onlyIds === null ? all : this.store.shownIds(status).length;
    const over = limit !== null && all > limit;
    const counted = shown === all ? String(all) : `${shown} of ${all}`;
    column.count.textContent = limit === null ? counted : `${counted} / ${limit}`;
    column.node.classList.toggle("over", over);
    column.empty.hidden = shown > 0;
    column.empty.textContent = all ? "Nothing matches the filter" : "No cards";
    const decided = by ? `, decided by ${by}` : "";
    const limitText = limit === null ? "" : `Limit ${limit}${decided}${over ? `; ${all - limit} over it` : ""}`;
    column.count.title = limitText || `${counted} ${all === 1 ? "card" : "cards"}`;
    const spoken = `${label}, ${counted} ${all === 1 ? "card" : "cards"}${limitText ? `. ${limitText}` : ""}`;
    column.node.ariaLabel = spoken;
    column.list.ariaLabel = spoken;
  }

  // Gives the focus back to the card that had it before elements were moved.
  restoreFocus(id, fallback = null) {
    const wanted = id !== null && this.cards.has(id) ? id : fallback;
    if (wanted !== null && this.focusedCard !== wanted) this.cards.get(wanted)?.focus({ preventScroll: true });
  }

  focus(id) {
    const node = this.cards.get(id);
    if (!node) return;
    if (this.isFolded(this.store.statusOf(id))) this.fold(this.store.statusOf(id), false);
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
    const usable = (id) => this.cards.has(id) && this.store.isShown(id) && this.columns.has(this.store.statusOf(id));
    if (this.activeId !== null && usable(this.activeId)) return this.activate(this.activeId);
    for (const status of this.columns.keys()) {
      const first = this.isFolded(status) ? undefined : this.store.lane(status).ids.find((id) => this.store.isShown(id));
      if (first !== undefined) return this.activate(first);
    }
    return undefined;
  }

  // A label with the place in the column costs a count, so it is written when a card gets the focus.
  describe(id) {
    const status = this.store.statusOf(id);
    const ids = this.store.shownIds(status);
    this.cards.get(id).ariaLabel = cardInWords(this.store.cards.get(id), {
      label: this.store.labelOf(status),
      index: ids.indexOf(id) + 1,
      count: ids.length,
      selected: this.selected.has(id),
      waiting: this.store.moved.has(id),
    });
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

// Which columns a person folded is a matter of this browser; a private window that stores nothing folds none.
function readFolded(key) {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

function writeFolded(key, statuses) {
  try {
    localStorage.setItem(key, JSON.stringify(statuses));
  } catch (error) {
    console.warn("kanban: this browser cannot remember folded columns", error);
  }
}
