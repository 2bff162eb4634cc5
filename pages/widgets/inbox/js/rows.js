// The proposals as the server knows them, and over them the decisions that it has not answered yet.

const URGENCIES = ["critical", "high", "medium", "low"];

function rowFrom([id, version, urgency, score, title, area, category, assignee, blocked, similar]) {
  return { id, version, urgency, score, title, area, category, assignee, blocked, similar };
}

function compareRows(a, b) {
  if (a.urgency !== b.urgency) return a.urgency - b.urgency;
  const scores = (b.score ?? -Infinity) - (a.score ?? -Infinity);
  return scores && !Number.isNaN(scores) ? scores : a.id - b.id;
}

function sameRow(before, row) {
  return before !== undefined && Object.keys(row).every((name) => before[name] === row[name]);
}

class InboxRows {
  constructor() {
    this.token = null;
    this.revision = -1;
    this.rows = new Map(); // id → row as the server last said
    this.over = new Map(); // id → {sequence, row} of a decision without an answer; row is null when it left
    this.versions = new Map(); // id → version that an answer brought
    this.order = []; // ids as they are shown
    this.places = new Map(); // id → index in order
  }

  takeBase(base, token) {
    this.rows = new Map(base.map((row) => [row[0], rowFrom(row)]));
    this.token = token;
  }

  takeChanges(delta, removed, revision) {
    for (const values of delta) {
      const row = rowFrom(values);
      // What is the same stays the same object, so that nothing is drawn again for it.
      if (!sameRow(this.rows.get(row.id), row)) this.rows.set(row.id, row);
    }
    for (const id of removed) this.rows.delete(id);
    this.revision = revision;
  }

  row(id) {
    const over = this.over.get(id);
    return over ? over.row : (this.rows.get(id) ?? null);
  }

  // Shows a decision before the server has answered.
  put(id, sequence, row) {
    this.over.set(id, { sequence, row });
  }

  // The server has answered: what it says about the item counts again, unless a later decision stands above it.
  settle(id, sequence, version) {
    if (version !== null) this.versions.set(id, version);
    if (this.over.get(id)?.sequence === sequence) this.over.delete(id);
  }

  withdraw(id) {
    this.over.delete(id);
  }

  versionOf(id) {
    return Math.max(this.versions.get(id) ?? 0, this.rows.get(id)?.version ?? 0) || null;
  }

  // Puts everything that waits into its order again.
  arrange() {
    const shown = [];
    for (const row of this.rows.values()) if (!this.over.has(row.id)) shown.push(row);
    for (const { row } of this.over.values()) if (row) shown.push(row);
    shown.sort(compareRows);
    this.order = shown.map((row) => row.id);
    this.places = new Map(this.order.map((id, place) => [id, place]));
  }

  has(id) {
    return this.places.has(id);
  }

  at(place) {
    return this.order[Math.max(0, Math.min(place, this.order.length - 1))] ?? null;
  }
}
