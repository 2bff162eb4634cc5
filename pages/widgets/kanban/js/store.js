// The cards as the server knows them, and over them the moves that it has not answered yet.

class BoardStore {
  constructor() {
    this.token = null;
    this.revision = -1;
    this.columns = [];
    this.byStatus = new Map();
    this.cards = new Map(); // id → card as the server last said
    this.moved = new Map(); // id → {status, position, sequence, client} of a move without an answer
    this.drawn = new Map(); // id → {status, position} that the lanes are ordered by
    this.lanes = new Map(); // status → Lane
    this.onlyIds = null; // Set of ids that the filter lets through, or null
  }

  setColumns(columns) {
    const same = JSON.stringify(columns) === JSON.stringify(this.columns);
    if (same) return false;
    this.columns = columns;
    this.byStatus = new Map(columns.map((column) => [column.status, column]));
    return true;
  }

  lane(status) {
    let lane = this.lanes.get(status);
    if (!lane) this.lanes.set(status, (lane = new Lane(this.drawn)));
    return lane;
  }

  // Takes a whole board; everything is drawn anew.
  takeBase(base, token) {
    this.cards = new Map(base.cards.map((card) => [card.id, card]));
    this.token = token;
    this.revision = base.revision;
    this.drawn.clear();
    this.lanes.clear();
    const grouped = new Map();
    for (const card of base.cards) {
      const place = this.moved.get(card.id) ?? card;
      this.drawn.set(card.id, { status: place.status, position: place.position });
      const ids = grouped.get(place.status);
      if (ids) ids.push(card.id);
      else grouped.set(place.status, [card.id]);
    }
    for (const [status, ids] of grouped) this.lane(status).fill(ids);
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
    const { low, high } = this.gap(entry.status, entry.after, entry.before);
    const positions = positionsBetween(low, high, ids.length);
    ids.forEach((id, index) => {
      this.moved.set(id, { status: entry.status, position: positions[index], sequence: entry.sequence, client: entry.client });
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

  gap(status, after, before) {
    const ids = this.lane(status).ids;
    const inLane = (id) => id !== null && this.drawn.get(id)?.status === status;
    if (inLane(after)) {
      const next = ids[this.lane(status).indexOf(after) + 1];
      return { low: this.drawn.get(after).position, high: next === undefined ? null : this.drawn.get(next).position };
    }
    if (inLane(before)) {
      const previous = ids[this.lane(status).indexOf(before) - 1];
      return { low: previous === undefined ? "" : this.drawn.get(previous).position, high: this.drawn.get(before).position };
    }
    return { low: "", high: ids.length ? this.drawn.get(ids[0]).position : null };
  }

  settle(id, changes) {
    const card = this.cards.get(id);
    const to = card ? (this.moved.get(id) ?? card) : null;
    const from = this.drawn.get(id);
    if (to && from && to.status === from.status && to.position === from.position) return;
    if (from) {
      this.lane(from.status).remove(id);
      changes.lanes.add(from.status);
    }
    if (!to) {
      this.drawn.delete(id);
      return;
    }
    this.drawn.set(id, { status: to.status, position: to.position });
    this.lane(to.status).add(id);
    changes.lanes.add(to.status);
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

  shownIds(status) {
    const ids = this.lane(status).ids;
    return this.onlyIds === null ? ids : ids.filter((id) => this.onlyIds.has(id));
  }

  // The next shown card in the lane, `step` +1 down or -1 up; `skip` is a Set of ids to pass over.
  neighbour(id, step, skip) {
    const lane = this.lane(this.statusOf(id));
    for (let i = lane.indexOf(id) + step; i >= 0 && i < lane.ids.length; i += step) {
      const other = lane.ids[i];
      if (this.isShown(other) && !skip?.has(other)) return other;
    }
    return null;
  }

  mayGo(id, status) {
    const from = this.statusOf(id);
    return from === status || Boolean(this.byStatus.get(from)?.transitions.includes(status));
  }

  labelOf(status) {
    return this.byStatus.get(status)?.label ?? status;
  }
}

function newChanges() {
  return { touched: new Set(), placed: new Set(), gone: new Set(), lanes: new Set() };
}

function sameCard(a, b) {
  return a.version === b.version && JSON.stringify(a) === JSON.stringify(b);
}
