// The cards as the server knows them, and over them the moves that it has not answered yet.

class BoardStore {
  constructor() {
    this.token = null;
    this.revision = -1;
    this.columns = [];
    this.byStatus = new Map();
    this.cards = new Map(); // id → card as the server last said
    this.moved = new Map(); // id → {status, lane, position, sequence, client} of a move without an answer
    this.drawn = new Map(); // id → {status, lane, position, cell} that the piles are ordered by
    this.piles = new Map(); // cell → Pile
    this.lanesBy = null; // the field that makes the swimlanes: area, assignee, category or priority; null: no lanes
    this.older = {}; // status → how many cards of it stay with the server: {all, matching}
    this.onlyIds = null; // Set of ids that the filter lets through, or null
  }

  setColumns(columns) {
    const same = JSON.stringify(columns) === JSON.stringify(this.columns);
    if (same) return false;
    this.columns = columns;
    this.byStatus = new Map(columns.map((column) => [column.status, column]));
    return true;
  }

  pile(cell) {
    let pile = this.piles.get(cell);
    if (!pile) this.piles.set(cell, (pile = new Pile(this.drawn)));
    return pile;
  }

  // A cell is where a column and a swimlane meet; without lanes it is the column.
  cellFor(status, lane) {
    return this.lanesBy === null ? status : `${status}\n${lane}`;
  }

  laneOfCard(card) {
    return this.lanesBy === null ? "" : (card[this.lanesBy] ?? "");
  }

  placeOf(card) {
    const { status, position, lane } = this.moved.get(card.id) ?? card;
    const at = lane ?? this.laneOfCard(card);
    return { status, position, lane: at, cell: this.cellFor(status, at) };
  }

  // Sorts the cards into other lanes; returns whether anything is to be drawn anew.
  setLanes(field) {
    if (field === this.lanesBy) return false;
    this.lanesBy = field;
    for (const move of this.moved.values()) move.lane = undefined;
    this.fillPiles();
    return true;
  }

  // The lanes that have a card to show, in the order of the board.
  lanes() {
    const found = new Set();
    for (const [cell, { ids }] of this.piles) {
      if (!ids.length) continue;
      const lane = cell.slice(cell.indexOf("\n") + 1);
      if (!found.has(lane) && ids.some((id) => this.isShown(id))) found.add(lane);
    }
    return [...found].sort((a, b) => compareLanes(this.lanesBy, a, b));
  }

  // Takes a whole board; a card that is as it was stays the same object, so that it is not drawn again.
  takeBase(base, token) {
    const before = this.cards;
    const kept = (card) => {
      const known = before.get(card.id);
      return known && sameCard(known, card) ? known : card;
    };
    this.cards = new Map(base.cards.map((card) => [card.id, kept(card)]));
    this.token = token;
    this.revision = base.revision;
    this.fillPiles();
  }

  fillPiles() {
    this.drawn.clear();
    this.piles.clear();
    const grouped = new Map();
    for (const card of this.cards.values()) {
      const place = this.placeOf(card);
      this.drawn.set(card.id, place);
      const ids = grouped.get(place.cell);
      if (ids) ids.push(card.id);
      else grouped.set(place.cell, [card.id]);
    }
    for (const [cell, ids] of grouped) this.pile(cell).fill(ids);
  }

  // Takes the changed cards of a delta; a version never goes back. Notes in `changes` what has to be drawn.
  takeCards(cards, changes) {
    for (const card of cards) {
      const known = this.cards.get(card.id);
      if (known && (card.version < known.version || sameCard(known, card))) continue;
      this.cards.set(card.id, card);
      changes.touched.add(card.id);
      this.settle(card.id, changes);
    }
  }

  takeRemoved(ids, changes) {
    for (const id of ids) {
      if (!this.cards.delete(id)) continue;
      this.moved.delete(id);
      changes.gone.add(id);
      this.settle(id, changes);
    }
  }

  // Shows a move at once. Cards keep the order in which they are listed.
  showMove(entry, changes) {
    const ids = entry.cards.map((card) => card.id).filter((id) => this.cards.has(id));
    if (!ids.length) return;
    const lane = entry.lane && entry.lane.field === this.lanesBy ? (entry.lane.value ?? "") : undefined;
    const { low, high } = this.gap(this.cellFor(entry.status, lane ?? this.laneOf(ids[0])), entry.after, entry.before);
    const positions = positionsBetween(low, high, ids.length);
    ids.forEach((id, index) => {
      const { status, sequence, client } = entry;
      this.moved.set(id, { status, lane, position: positions[index], sequence, client });
      changes.touched.add(id);
      this.settle(id, changes);
    });
  }

  // Forgets a move that got its answer, unless a later one of the same card waits still.
  dropMove(entry, changes) {
    for (const { id } of entry.cards) {
      const move = this.moved.get(id);
      if (!move || move.sequence !== entry.sequence || move.client !== entry.client) continue;
      this.moved.delete(id);
      changes.touched.add(id);
      this.settle(id, changes);
    }
  }

  gap(cell, after, before) {
    const { ids } = this.pile(cell);
    const inCell = (id) => id !== null && this.drawn.get(id)?.cell === cell;
    if (inCell(after)) {
      const next = ids[this.pile(cell).indexOf(after) + 1];
      return { low: this.drawn.get(after).position, high: next === undefined ? null : this.drawn.get(next).position };
    }
    if (inCell(before)) {
      const previous = ids[this.pile(cell).indexOf(before) - 1];
      return { low: previous === undefined ? "" : this.drawn.get(previous).position, high: this.drawn.get(before).position };
    }
    return { low: "", high: ids.length ? this.drawn.get(ids[0]).position : null };
  }

  settle(id, changes) {
    const card = this.cards.get(id);
    const to = card ? this.placeOf(card) : null;
    const from = this.drawn.get(id);
    if (to && from && to.cell === from.cell && to.position === from.position) return;
    if (from) {
      this.pile(from.cell).remove(id);
      changes.columns.add(from.status);
    }
    if (!to) {
      this.drawn.delete(id);
      return;
    }
    this.drawn.set(id, to);
    this.pile(to.cell).add(id);
    changes.columns.add(to.status);
    changes.placed.add(id);
  }

  setFilter(ids) {
    const before = this.onlyIds;
    if (ids === null && before === null) return false;
    if (ids !== null && before !== null && ids.length === before.size && ids.every((id) => before.has(id))) return false;
    this.onlyIds = ids === null ? null : new Set(ids);
    return true;
  }

  isShown(id) {
    return this.onlyIds === null || this.onlyIds.has(id);
  }

  statusOf(id) {
    return this.drawn.get(id)?.status;
  }

  laneOf(id) {
    return this.drawn.get(id)?.lane ?? "";
  }

  cellOf(id) {
    return this.drawn.get(id)?.cell;
  }

  // How many cards of a column there are, and how many the filter shows; with those that the server keeps.
  countOf(status) {
    const older = this.older[status] ?? { all: 0, matching: 0 };
    let all = older.all;
    let shown = this.onlyIds === null ? older.all : older.matching;
    for (const [cell, { ids }] of this.piles) {
      if (cell !== status && !cell.startsWith(`${status}\n`)) continue;
      all += ids.length;
      shown += this.onlyIds === null ? ids.length : ids.filter((id) => this.onlyIds.has(id)).length;
    }
    return { all, shown };
  }

  shownIds(cell) {
    const ids = this.pile(cell).ids;
    return this.onlyIds === null ? ids : ids.filter((id) => this.onlyIds.has(id));
  }

  // The next shown card in the cell, `step` +1 down or -1 up; `skip` is a Set of ids to pass over.
  neighbour(id, step, skip) {
    const pile = this.pile(this.cellOf(id));
    for (let i = pile.indexOf(id) + step; i >= 0 && i < pile.ids.length; i += step) {
      const other = pile.ids[i];
      if (this.isShown(other) && !skip?.has(other)) return other;
    }
    return null;
  }

  mayGo(id, status) {
    const from = this.statusOf(id);
    return from === status || Boolean(this.byStatus.get(from)?.transitions.includes(status));
  }

  // Whether a column stands in the order of arrival, which nobody changes by hand.
  isByArrival(status) {
    return Boolean(this.byStatus.get(status)?.by_arrival);
  }

  labelOf(status) {
    return this.byStatus.get(status)?.label ?? status;
  }
}

function newChanges() {
  return { touched: new Set(), placed: new Set(), gone: new Set(), columns: new Set() };
}

function sameCard(a, b) {
  return a.version === b.version && JSON.stringify(a) === JSON.stringify(b);
}

const PRIORITY_ORDER = ["critical", "high", "medium", "low"];

// Priorities by urgency, all else by name; what has no value comes last.
function compareLanes(field, a, b) {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  if (field === "priority") return PRIORITY_ORDER.indexOf(a) - PRIORITY_ORDER.indexOf(b);
  return a.localeCompare(b);
}
