// The items as the server knows them, and over them the decisions that it has not answered yet.

function sameRow(before, row) {
  return before !== undefined && Object.keys(row).every((name) => before[name] === row[name]);
}

// `read` makes a row of what the server sends, `compare` puts two rows into their order.
class ItemRows {
  constructor(read, compare) {
    this.read = read;
    this.compare = compare;
    this.token = null;
    this.revision = -1;
    this.rows = new Map(); // id → row as the server last said
    this.over = new Map(); // id → {sequence, row} of a decision without an answer; row is null when it left
    this.versions = new Map(); // id → version that an answer brought
    this.order = []; // ids as they are shown
    this.places = new Map(); // id → index in order
  }

  takeBase(base, token) {
    this.rows = new Map(base.map((row) => [row[0], this.read(row)]));
    this.token = token;
  }

  takeChanges(delta, removed, revision) {
    for (const values of delta) {
      const row = this.read(values);
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
    shown.sort(this.compare);
    this.order = shown.map((row) => row.id);
    this.places = new Map(this.order.map((id, place) => [id, place]));
  }

  // Whether the server counts it among those that wait.
  knows(id) {
    return this.rows.has(id);
  }

  has(id) {
    return this.places.has(id);
  }

  at(place) {
    return this.order[Math.max(0, Math.min(place, this.order.length - 1))] ?? null;
  }
}
