// Keys of the board: J K H L move the focus, [ ] and M the cards, X selects, E edits, Enter opens, Esc lets go.

class BoardKeys {
  // `actions` has open, edit, moveTo, menu and tell (a line for the person).
  constructor(view, store, actions) {
    this.view = view;
    this.store = store;
    this.actions = actions;
    this.anchor = null; // where a range of selected cards begins
    view.root.addEventListener("keydown", (event) => this.handle(event));
    // with nothing focused, J K H L take the person to the board, and E to all that is selected
    this.fromPage = (event) => {
      if (event.defaultPrevented || !nothingHasFocus()) return;
      if (event.key.toLowerCase() === "e" && !hasModifier(event) && view.selected.size) {
        event.preventDefault();
        actions.edit(inBoardOrder(view, store));
      } else if ("jkhl".includes(event.key) && !hasModifier(event) && view.activeId !== null) {
        event.preventDefault();
        view.focus(view.activeId);
      }
    };
    document.addEventListener("keydown", this.fromPage);
  }

  dispose() {
    document.removeEventListener("keydown", this.fromPage);
  }

  handle(event) {
    if (hasModifier(event) || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const id = this.view.focusedCard;
    const selected = this.view.selected.size > 0;
    if (event.key.toLowerCase() === "e" && selected && !event.repeat) {
      this.actions.edit(inBoardOrder(this.view, this.store));
    } else if (event.key === "Escape" && selected) {
      this.clear();
    } else if (id === null ? !this.enter(event) : !this.act(event, id)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // From a column that Tab has reached to its first card. Returns whether the key meant that.
  enter(event) {
    const first = event.target.matches?.(".list") ? event.target.querySelector(".card:not([hidden])") : null;
    if (!first || !["j", "ArrowDown", "Enter"].includes(event.key)) return false;
    this.view.focus(this.view.idOf.get(first));
    return true;
  }

  clear() {
    this.view.clearSelection();
    this.actions.tell("Selection cleared");
  }

  // Returns whether the key meant something.
  act(event, id) {
    const onButton = event.target.closest("button") !== null;
    const letter = event.key.length === 1 && !event.shiftKey;
    if (event.repeat && "[]xX".includes(event.key)) return true; // a key held down too long moves nothing twice
    switch (letter ? event.key.toLowerCase() : event.key) {
      case "j":
      case "ArrowDown":
        return this.step(id, 1);
      case "k":
      case "ArrowUp":
        return this.step(id, -1);
      case "h":
      case "ArrowLeft":
        return this.sideways(id, -1);
      case "l":
      case "ArrowRight":
        return this.sideways(id, 1);
      case "Home":
        return this.edge(id, 0);
      case "End":
        return this.edge(id, -1);
      case "[":
        return this.shift(id, -1);
      case "]":
        return this.shift(id, 1);
      case "x":
        return this.toggle(id);
      case "X":
        return this.range(id);
      case "m":
        this.actions.menu(id);
        return true;
      case "e":
        if (!event.repeat) this.actions.edit([id]);
        return true;
      case "Enter":
        if (onButton) return false;
        this.actions.open(id);
        return true;
      default:
        return false;
    }
  }

  step(id, way) {
    const next = this.store.neighbour(id, way) ?? this.inNextLane(id, way);
    if (next !== null) this.view.focus(next);
    return true;
  }

  // The first (or going up the last) card of the same column in the next lane that shows any.
  inNextLane(id, way) {
    const lanes = [...this.view.layout.lanes.keys()];
    const status = this.store.statusOf(id);
    for (let i = lanes.indexOf(this.store.laneOf(id)) + way; i >= 0 && i < lanes.length; i += way) {
      if (this.view.layout.isLaneFolded(lanes[i])) continue;
      const ids = this.store.shownIds(this.store.cellFor(status, lanes[i]));
      if (ids.length) return ids.at(way > 0 ? 0 : -1);
    }
    return null;
  }

  // To the card at about the same height in the next column that shows any.
  sideways(id, way) {
    const statuses = this.store.columns.map((column) => column.status);
    const box = this.view.cards.get(id).getBoundingClientRect();
    for (let i = statuses.indexOf(this.store.statusOf(id)) + way; i >= 0 && i < statuses.length; i += way) {
      if (this.view.layout.isFolded(statuses[i])) continue;
      const ids = this.store.shownIds(this.store.cellFor(statuses[i], this.store.laneOf(id)));
      if (!ids.length) continue;
      this.view.focus(this.nearest(ids, box.top));
      break;
    }
    return true;
  }

  nearest(ids, top) {
    let low = 0;
    let high = ids.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.view.cards.get(ids[middle]).getBoundingClientRect().bottom <= top) low = middle + 1;
      else high = middle;
    }
    return ids[low];
  }

  edge(id, index) {
    const target = this.store.shownIds(this.store.cellOf(id)).at(index);
    if (target !== undefined) this.view.focus(target);
    return true;
  }

  // To the nearest column on that side where the card, or every selected card, may go.
  shift(id, way) {
    if (this.view.readOnly) return true;
    const ids = this.subjects(id);
    const statuses = this.store.columns.map((column) => column.status);
    const from = this.store.statusOf(id);
    for (let i = statuses.indexOf(from) + way; i >= 0 && i < statuses.length; i += way) {
      if (!ids.every((each) => this.store.mayGo(each, statuses[i]))) continue;
      this.actions.moveTo(ids, statuses[i], "top");
      return true;
    }
    this.actions.tell(`From ${this.store.labelOf(from)} no column to the ${way < 0 ? "left" : "right"} is allowed`, true);
    return true;
  }

  // The focused card, or all selected ones when it is among them.
  subjects(id) {
    return this.view.selected.has(id) ? inBoardOrder(this.view, this.store) : [id];
  }

  toggle(id) {
    const on = !this.view.selected.has(id);
    this.view.select(id, on);
    this.anchor = id;
    this.view.describe(id);
    this.actions.tell(on ? `Selected, ${this.view.selected.size} in all` : "Not selected");
    return true;
  }

  range(id) {
    const cell = this.store.cellOf(id);
    const ids = this.store.shownIds(cell);
    const from = this.anchor !== null && this.store.cellOf(this.anchor) === cell ? ids.indexOf(this.anchor) : -1;
    const to = ids.indexOf(id);
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const each of ids.slice(first, last + 1)) this.view.select(each, true);
    this.view.describe(id);
    this.actions.tell(`${this.view.selected.size} selected`);
    return true;
  }
}

// A dialog above the board keeps the keys for itself, wherever the focus is.
function nothingHasFocus() {
  const active = document.activeElement;
  return (active === null || active === document.body) && document.querySelector('[role="dialog"]') === null;
}

// Many keyboards have the brackets behind AltGr or Option.
function hasModifier(event) {
  if (event.altKey && (event.key === "[" || event.key === "]")) return event.metaKey;
  return event.ctrlKey || event.metaKey || event.altKey;
}
