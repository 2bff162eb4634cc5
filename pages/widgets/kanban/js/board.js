// Ties the parts together and talks with the page.

const AGE_REFRESH_MS = 60000;
const BASE_ASKED_AGAIN_MS = 4000;
const MOST_PER_MOVE = 1000;

class Board {
  constructor(parent, key, kept) {
    this.parent = parent;
    this.root = parent.querySelector(".kanban");
    this.key = key;
    this.store = kept?.store ?? new BoardStore();
    const template = (name) => parent.querySelector(`.${name}-template`);
    this.view = new BoardView(this.root, { card: template("card"), column: template("column"), lane: template("lane"), cell: template("cell") }, this.store);
    this.view.onOlder = (status) => this.trigger("older", { status, nonce: Date.now() });
    this.notices = new Notices(this.root, template("toast"), "move");
    this.outbox = kept?.outbox ?? new Outbox(`kanban:${key}`, null, null);
    this.outbox.versionOf = (id) => this.store.cards.get(id)?.version ?? null;
    this.outbox.onState = (state) => this.notices.savingState(state);
    this.held = []; // messages that came during a drag
    this.drag = new CardDrag(this.view, this.store, {
      drop: (ids, cell, after, before) => this.move(ids, cell.status, after, before, this.laneChange(ids, cell.lane)),
      ended: () => this.receiveHeld(),
    });
    this.menu = new MoveMenu(this.view, this.store, template("item"), (...choice) => this.moveTo(...choice));
    this.keys = new BoardKeys(this.view, this.store, {
      open: (id) => this.open(id),
      edit: (ids) => this.edit(ids),
      moveTo: (...choice) => this.moveTo(...choice),
      menu: (id) => this.openMenu(id),
      tell: (text, visibly) => (visibly ? this.notices.toast(text) : this.notices.say(text)),
    });
    this.selection = new SelectionBar(this.view, this.store, {
      edit: (ids) => this.edit(ids),
      menu: (ids, anchor) => this.menu.open(ids, anchor),
      cleared: () => {
        this.keys.clear();
        this.view.focus(this.view.activeId);
      },
    });
    this.listen();
  }

  listen() {
    this.root.addEventListener("click", (event) => this.click(event));
    this.root.addEventListener("focusin", (event) => {
      const node = event.target.closest(".card");
      const id = node && this.view.idOf.get(node);
      if (!id) return;
      node.classList.add("has-focus"); // a class, because browsers mislay :focus-visible when a card moves
      this.view.activate(id);
      if (event.target === node) this.view.describe(id);
    });
    this.root.addEventListener("focusout", (event) => event.target.closest(".card")?.classList.remove("has-focus"));
    this.root.addEventListener("pointerover", (event) => {
      const node = event.target.closest?.(".card");
      const card = node && this.store.cards.get(this.view.idOf.get(node));
      const text = card && tooltipFor(event.target, card, this.store);
      if (text) event.target.title = text;
    });
    this.root.addEventListener("animationend", (event) => event.target.classList?.remove("changed"));
    this.onResize = () => this.layOut();
    this.onLine = () => (navigator.onLine ? this.outbox.flush() : this.outbox.report());
    this.onLeave = (event) => {
      if (this.outbox.entries.length && this.outbox.inFlight?.tries) event.preventDefault();
    };
    addEventListener("resize", this.onResize);
    this.aboveChanged = new ResizeObserver(this.onResize); // what stands above the board may grow
    this.aboveChanged.observe(this.parent.host?.closest('[data-testid="stMainBlockContainer"]') ?? document.body);
    addEventListener("online", this.onLine);
    addEventListener("offline", this.onLine);
    addEventListener("beforeunload", this.onLeave);
    this.ageTimer = setInterval(() => this.drag.isOn || this.view.refreshAges(), AGE_REFRESH_MS);
  }

  dispose() {
    removeEventListener("resize", this.onResize);
    this.aboveChanged.disconnect();
    removeEventListener("online", this.onLine);
    removeEventListener("offline", this.onLine);
    removeEventListener("beforeunload", this.onLeave);
    clearInterval(this.ageTimer);
    clearTimeout(this.baseTimer);
    this.keys.dispose();
    this.menu.dispose();
    this.outbox.pause();
  }

  // One message from the page. During a drag it waits, so that nothing moves under the pointer.
  receive(data, trigger) {
    this.trigger = trigger;
    this.outbox.send = (message) => this.trigger("operations", message);
    if (this.drag.isOn) this.held.push(data);
    else this.take(data);
  }

  receiveHeld() {
    for (const data of this.held.splice(0)) this.take(data);
  }

  take(data) {
    this.height = data.height;
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.view.setReadOnly(data.read_only);
    this.store.older = data.older;
    const restyled = this.view.setLook(data.density, data.hidden);
    const lanesChanged = this.store.setLanes(data.lanes);
    const columnsChanged = this.store.setColumns(data.columns);
    const rebuilt = columnsChanged || lanesChanged || !this.view.columns.size;
    if (rebuilt) this.view.drawColumns(`kanban:${this.key}`);
    const changes = newChanges();
    const fresh = data.base !== null && data.base_token !== this.store.token;
    if (fresh) this.takeBase(data);
    const known = data.base_token === this.store.token;
    const done = this.outbox.take(data.acknowledged);
    if (known && data.revision >= this.store.revision) {
      this.store.takeCards(data.delta, changes);
      this.store.takeRemoved(data.removed, changes);
      this.store.revision = data.revision;
    }
    const filtered = this.store.setFilter(data.filter_ids);
    const foreign = this.takeOutcomes(done, changes);
    if (fresh || filtered || rebuilt || restyled || !this.view.cards.size) this.view.drawAll();
    else this.view.sync(changes, foreign);
    this.drawOlder();
    this.finish(data, known);
  }

  // How many the server keeps may change without a card that is shown.
  drawOlder() {
    const older = JSON.stringify(this.store.older);
    if (older === this.olderDrawn) return;
    this.olderDrawn = older;
    for (const status of this.view.columns.keys()) this.view.layout.drawHead(status);
  }

  takeBase(data) {
    this.store.takeBase(data.base, data.base_token);
    const changes = newChanges();
    for (const entry of this.outbox.entries) this.store.showMove(entry, changes);
  }

  // Returns the ids that somebody else changed, for a glimpse of colour.
  takeOutcomes(done, changes) {
    const foreign = new Set(changes.touched);
    for (const { entry, outcome } of done) {
      this.store.takeCards(outcome.cards, changes);
      this.store.dropMove(entry, changes);
      for (const { id } of entry.cards) foreign.delete(id);
      if (outcome.outcome !== "applied") this.tellRefused(entry, outcome, changes);
    }
    for (const id of this.store.moved.keys()) foreign.delete(id);
    return foreign;
  }

  tellRefused(entry, outcome, changes) {
    const ids = entry.cards.map((card) => card.id);
    for (const later of this.outbox.withdraw(new Set(ids))) this.store.dropMove(later, changes);
    const title = this.store.cards.get(ids[0])?.title ?? `#${ids[0]}`;
    const name = ids.length === 1 ? `“${title}”` : `“${title}” and ${ids.length - 1} more`;
    const reason = outcome.message ?? (outcome.outcome === "conflict" ? "changed in the meantime; nothing was overwritten." : "cannot go there.");
    const waits = entry.status === "completed" && ids.length === 1 && this.store.cards.get(ids[0])?.blocked_by.length;
    const shown = this.store.cards.has(ids[0]) && this.store.isShown(ids[0]);
    if (waits) this.notices.toast(`${name}: ${reason}`, () => this.open(ids[0]), "Give a reason");
    else this.notices.toast(`${name}: ${reason}`, shown ? () => this.view.focus(ids[0]) : null);
    const held = this.outbox.entries.some((other) => other.cards.some((card) => ids.includes(card.id)));
    if (!held) ids.forEach((id) => changes.touched.add(id));
  }

  finish(data, known) {
    this.notices.banner(data.message);
    const wasCurrent = this.view.currentId;
    this.view.setCurrent(data.selected_id);
    if (wasCurrent !== null && data.selected_id === null) this.giveFocusBack(wasCurrent);
    this.outbox.goOn();
    if (known) clearTimeout(this.baseTimer);
    else this.askForBase();
    this.layOut();
    this.root.dataset.revision = String(this.store.revision);
    this.root.dataset.ready = String(known);
  }

  // The card that was open gets the focus back; a dialog takes a moment to go, and its own idea of focus with it.
  giveFocusBack(id) {
    for (const wait of [0, 200, 500]) {
      setTimeout(() => nothingHasFocus() && this.view.restoreFocus(id), wait);
    }
  }

  askForBase() {
    clearTimeout(this.baseTimer);
    this.trigger("need_base", { have: this.store.token === null ? null : this.store.revision, nonce: Date.now() });
    this.baseTimer = setTimeout(() => this.askForBase(), BASE_ASKED_AGAIN_MS);
  }

  // Carries a move out at once and hands it to the outbox.
  move(wanted, status, after, before, lane) {
    const ids = wanted.filter((id) => this.store.cards.has(id));
    if (!ids.length || this.view.readOnly || (!lane && this.stays(ids, status, after, before))) return;
    if (this.store.isByArrival(status)) after = before = null;
    if (ids.length > MOST_PER_MOVE) {
      this.notices.toast(`${ids.length} cards are too many for one move; ${MOST_PER_MOVE} are allowed. Select fewer.`);
      return;
    }
    // `lane` is {field, value} when the move also changes the field that makes the swimlanes.
    const entry = this.outbox.add("move", ids, { status, after, before, lane });
    const changes = newChanges();
    this.store.showMove(entry, changes);
    this.view.sync(changes);
    const what = ids.length === 1 ? this.store.cards.get(ids[0]).title : `${ids.length} cards`;
    const where = lane ? `${this.store.labelOf(status)}, ${this.view.layout.laneName(lane.value ?? "")}` : this.store.labelOf(status);
    this.notices.say(`Moved ${what} to ${where}`);
    const focused = this.view.focusedCard;
    if (focused !== null && ids.includes(focused)) this.view.focus(focused);
  }

  moveTo(ids, status, where) {
    const skip = new Set(ids);
    const cell = this.store.cellFor(status, this.store.laneOf(ids[0]));
    const others = this.store.shownIds(cell).filter((id) => !skip.has(id));
    if (where === "bottom") this.move(ids, status, others.at(-1) ?? null, null);
    else this.move(ids, status, null, others[0] ?? null);
  }

  // What a drop in another lane changes beside the column; undefined when all cards are of that lane already.
  laneChange(ids, lane) {
    const field = this.store.lanesBy;
    if (field === null || ids.every((id) => this.store.laneOf(id) === lane)) return undefined;
    return { field, value: lane || null };
  }

  // Whether the cards stand there already.
  stays(ids, status, after, before) {
    if (ids.some((id) => this.store.statusOf(id) !== status)) return false;
    if (this.store.isByArrival(status)) return true;
    const shown = this.store.shownIds(this.store.cellOf(ids[0]));
    const first = shown.indexOf(ids[0]);
    const inRow = ids.every((id, index) => shown[first + index] === id);
    return inRow && (shown[first - 1] ?? null) === after && (shown[first + ids.length] ?? null) === before;
  }

  open(id) {
    this.trigger("open", { id, nonce: Date.now() });
  }

  // Hands the cards, each with the version that the person sees, to the page's dialog.
  edit(ids) {
    if (this.view.readOnly || !ids.length) return;
    const cards = ids.map((id) => ({ id, version: this.store.cards.get(id).version }));
    this.trigger("bulk", { cards, nonce: Date.now() });
  }

  openMenu(id) {
    if (!this.view.readOnly) this.menu.open(this.keys.subjects(id), this.view.cards.get(id).querySelector(".more"));
  }

  click(event) {
    const node = event.target.closest(".card");
    const id = node && this.view.idOf.get(node);
    if (!id) return;
    if (event.target.closest(".more")) this.openMenu(id);
    else if (event.shiftKey) this.keys.range(id);
    else if (event.ctrlKey || event.metaKey || event.target.closest(".mark")) this.keys.toggle(id);
    else this.open(id);
  }

  // Without a height of its own the board reaches to the bottom of the window.
  layOut() {
    const scroller = this.parent.host?.closest('[data-testid="stMain"]');
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    const height = this.height ?? Math.max(360, innerHeight - top - 16);
    this.root.style.setProperty("--board-height", `${Math.round(height)}px`);
  }
}

// Streamlit gives colours, not the name of the theme; cards stand out by being lighter than their lane in both.
function isDark(root) {
  const [red, green, blue] = getComputedStyle(root).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

const boards = new WeakMap(); // the element that Streamlit gives → its Board
const keptBoards = new Map(); // key → what outlives a visit to another page: cards and unanswered moves
const utf8 = new TextDecoder();

export default function kanban(component) {
  const { parentElement, setTriggerValue } = component;
  const data = JSON.parse(utf8.decode(component.data));
  let board = boards.get(parentElement);
  if (!board || !board.root.isConnected) {
    board?.dispose();
    board = new Board(parentElement, data.key, keptBoards.get(data.key));
    boards.set(parentElement, board);
    keptBoards.set(data.key, { store: board.store, outbox: board.outbox });
  }
  board.receive(data, setTriggerValue);
  // Streamlit may call this while the board is still on the page (a newer message overtook this one)
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    board.dispose();
    boards.delete(parentElement);
  });
}
