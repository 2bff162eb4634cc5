// Where cards stand: columns, and with swimlanes a grid of columns and lanes. Every list of cards is a cell of it.

const COLUMN_PIXELS = 256;
const FOLDED_PIXELS = 40;
const GAP_PIXELS = 8;

class BoardLayout {
  // `showOlder(status)` asks for more of a column's older cards.
  constructor(root, templates, store, showOlder) {
    this.templates = templates;
    this.store = store;
    this.showOlder = showOlder;
    this.node = root.querySelector(".columns");
    this.columns = new Map(); // status → {node, count, fold, older}
    this.lanes = new Map(); // lane → {node, cells, count, fold}
    this.cells = new Map(); // cell → {node, list, chunks, line, empty, refusal, status, lane}
    this.keys = { columns: null, lanes: null };
  }

  draw(key) {
    this.keys = { columns: `${key}:folded`, lanes: `${key}:lanes:${this.store.lanesBy}` };
    this.columns.clear();
    this.lanes.clear();
    this.cells.clear();
    this.node.replaceChildren();
    const laned = this.store.lanesBy !== null;
    this.node.classList.toggle("laned", laned);
    const heads = laned ? document.createElement("div") : this.node;
    if (laned) {
      heads.className = "heads";
      this.node.append(heads);
    }
    for (const column of this.store.columns) heads.append(this.drawColumn(column, laned));
    if (laned) for (const lane of this.store.lanes()) this.drawLane(lane);
    this.foldAsBefore();
  }

  drawColumn(column, laned) {
    const node = this.templates.column.content.firstElementChild.cloneNode(true);
    node.dataset.status = column.status;
    node.querySelector(".label").textContent = column.label;
    const parts = { node, count: node.querySelector(".count"), fold: node.querySelector(".fold"), older: node.querySelector(".older") };
    parts.older.onclick = () => this.showOlder(column.status);
    parts.fold.onclick = () => {
      this.fold(column.status, !node.classList.contains("folded"));
      this.rememberFolded();
    };
    this.columns.set(column.status, parts);
    if (laned) {
      for (const part of node.querySelectorAll(".list, .empty, .refusal")) part.remove();
      node.classList.remove("cell");
    } else {
      this.addCell(node, column.status, "");
    }
    return node;
  }

  drawLane(lane) {
    const node = this.templates.lane.content.firstElementChild.cloneNode(true);
    const parts = { node, cells: node.querySelector(".lane-cells"), count: node.querySelector(".lane-count"), fold: node.querySelector(".lane-fold") };
    node.dataset.lane = lane;
    const name = this.laneName(lane);
    node.ariaLabel = name;
    node.querySelector(".lane-name").textContent = name;
    parts.fold.onclick = () => {
      this.foldLane(lane, !node.classList.contains("folded"));
      this.rememberFolded();
    };
    this.lanes.set(lane, parts);
    for (const { status } of this.store.columns) {
      const cell = this.templates.cell.content.firstElementChild.cloneNode(true);
      cell.dataset.status = status;
      this.addCell(cell, status, lane);
      parts.cells.append(cell);
    }
    this.node.append(node);
  }

  addCell(node, status, lane) {
    const cell = this.store.cellFor(status, lane);
    node.dataset.cell = cell;
    const list = node.querySelector(".list");
    this.cells.set(cell, {
      node,
      list,
      chunks: new CardChunks(list),
      line: node.querySelector(".drop-line"),
      empty: node.querySelector(".empty"),
      refusal: node.querySelector(".refusal"),
      status,
      lane,
    });
  }

  laneName(lane) {
    const field = this.store.lanesBy;
    if (lane !== "") return field === "priority" || field === "category" ? inWords(lane) : lane;
    return field === "assignee" ? "Nobody" : `No ${field}`;
  }

  // Whether the lanes that stand there are those that have cards to show.
  isCurrent() {
    if (this.store.lanesBy === null) return this.lanes.size === 0;
    const lanes = this.store.lanes();
    return lanes.length === this.lanes.size && lanes.every((lane) => this.lanes.has(lane));
  }

  foldAsBefore() {
    const columns = new Set(readFolded(this.keys.columns));
    const lanes = new Set(readFolded(this.keys.lanes));
    for (const status of this.columns.keys()) this.fold(status, columns.has(status));
    for (const lane of this.lanes.keys()) this.foldLane(lane, lanes.has(lane));
  }

  rememberFolded() {
    const folded = (map) => [...map].filter(([, { node }]) => node.classList.contains("folded")).map(([name]) => name);
    writeFolded(this.keys.columns, folded(this.columns));
    if (this.store.lanesBy !== null) writeFolded(this.keys.lanes, folded(this.lanes));
  }

  fold(status, folded) {
    const { node, fold } = this.columns.get(status);
    setFolded(node, fold, folded, this.store.labelOf(status));
    for (const cell of this.cells.values()) {
      if (cell.status === status && cell.node !== node) cell.node.classList.toggle("folded", folded);
    }
    this.setTracks();
  }

  // The same widths for the heads and for every lane.
  setTracks() {
    const wide = [...this.columns.values()].map(({ node }) => !node.classList.contains("folded"));
    const least = wide.reduce((sum, is) => sum + (is ? COLUMN_PIXELS : FOLDED_PIXELS) + GAP_PIXELS, -GAP_PIXELS);
    this.node.style.setProperty("--tracks", wide.map((is) => (is ? "minmax(0, 1fr)" : `${FOLDED_PIXELS}px`)).join(" "));
    this.node.style.setProperty("--least", `${least}px`);
  }

  foldLane(lane, folded) {
    const { node, fold } = this.lanes.get(lane);
    setFolded(node, fold, folded, this.laneName(lane));
  }

  isFolded(status) {
    return this.columns.get(status)?.node.classList.contains("folded") ?? true;
  }

  isLaneFolded(lane) {
    return this.lanes.get(lane)?.node.classList.contains("folded") ?? false;
  }

  unfold(cell) {
    const { status, lane } = this.cells.get(cell);
    if (this.isFolded(status)) this.fold(status, false);
    if (this.isLaneFolded(lane)) this.foldLane(lane, false);
  }

  drawHead(status) {
    const column = this.columns.get(status);
    if (!column) return;
    const { label, wip_limit: limit, wip_by: by } = this.store.byStatus.get(status);
    const { all, shown } = this.store.countOf(status);
    const over = limit !== null && all > limit;
    const counted = shown === all ? all.toLocaleString("en") : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")}`;
    column.count.textContent = limit === null ? counted : `${counted} / ${limit}`;
    column.node.classList.toggle("over", over);
    const decided = by ? `, decided by ${by}` : "";
    const limitText = limit === null ? "" : `Limit ${limit}${decided}${over ? `; ${all - limit} over it` : ""}`;
    column.count.title = limitText || `${counted} ${all === 1 ? "card" : "cards"}`;
    const spoken = `${label}, ${counted} ${all === 1 ? "card" : "cards"}${limitText ? `. ${limitText}` : ""}`;
    column.node.ariaLabel = spoken;
    this.drawOlder(status, column);
    for (const cell of this.cells.values()) {
      if (cell.status !== status) continue;
      cell.list.ariaLabel = cell.lane === "" && this.store.lanesBy === null ? spoken : `${label}, ${this.laneName(cell.lane)}`;
      if (!cell.empty) continue;
      cell.empty.hidden = shown > 0;
      cell.empty.textContent = all ? "Nothing matches the filter" : "No cards";
    }
  }

  drawOlder(status, { older }) {
    const kept = this.store.older[status] ?? { all: 0, matching: 0 };
    const count = this.store.onlyIds === null ? kept.all : kept.matching;
    older.hidden = count === 0;
    older.textContent = `… and ${count.toLocaleString("en")} older`;
    older.title = "Show more of them";
  }

  drawLaneCounts() {
    for (const [lane, { count }] of this.lanes) {
      let cards = 0;
      for (const { status } of this.store.columns) cards += this.store.shownIds(this.store.cellFor(status, lane)).length;
      count.textContent = cards.toLocaleString("en");
      count.title = `${cards} ${cards === 1 ? "card" : "cards"}`;
    }
  }
}

function setFolded(node, button, folded, name) {
  node.classList.toggle("folded", folded);
  button.ariaLabel = folded ? `Unfold ${name}` : `Fold ${name}`;
  button.ariaExpanded = String(!folded);
  button.title = button.ariaLabel;
}

// What a person folded is a matter of this browser; a private window that stores nothing folds none.
function readFolded(key) {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

function writeFolded(key, names) {
  try {
    localStorage.setItem(key, JSON.stringify(names));
  } catch (error) {
    console.warn("kanban: this browser cannot remember what is folded", error);
  }
}
