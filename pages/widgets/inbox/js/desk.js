// A list with one item beside it: takes the page's messages, shows decisions at once, and hands them to the outbox.

const BASE_ASKED_AGAIN_MS = 4000;

class Desk {
  // `kind` says what differs: name, rows(), look (of a row), item(root, actions), deciding (keys), leaving (kinds of
  // decisions after which an item is gone from the list).
  constructor(parent, key, kept, kind) {
    this.parent = parent;
    this.root = parent.querySelector(".inbox");
    this.kind = kind;
    this.rows = kept?.rows ?? kind.rows();
    this.details = kept?.details ?? new InboxDetails(this.rows);
    this.done = kept?.done ?? []; // own decisions of this visit, newest last
    this.current = kept?.current ?? null;
    this.place = 0; // where the current one stands, or stood
    this.gone = null; // id of the current one when somebody else has decided it
    this.query = null;
    this.searches = new Map(); // nonce → what to do with the answer
    this.nonce = Date.now();
    const template = (name) => parent.querySelector(`.${name}-template`);
    this.notices = new Notices(this.root, template("toast"), "decision");
    this.list = new InboxList(this.root, template("row"), this.rows, {
      go: (id) => this.goTo(id, true),
      toggle: (id) => this.toggle(id),
      range: (id) => this.range(id),
    }, kind.look);
    this.item = kind.item(this.root, {
      act: (name) => (name === "undo" ? this.undo() || pressForPage("z") : this.act(name)),
      open: (id) => this.open(id),
      back: () => this.show("list"),
    });
    this.chooser = new Chooser(this.root, () => this.list.scroller.focus({ preventScroll: true }));
    this.keys = new InboxKeys(this, kind.deciding);
    this.outbox = kept?.outbox ?? new Outbox(`${kind.name}:${key}`, null, null);
    this.outbox.versionOf = (id) => this.rows.versionOf(id);
    this.outbox.onState = (state) => this.notices.savingState(state);
    this.details.ask = (ids) => this.trigger("wanted", { ids, nonce: this.nextNonce() });
    this.listen();
  }

  listen() {
    this.root.querySelector(".bulk").onclick = () => this.bulk();
    this.root.querySelector(".unpick").onclick = () => this.letGo();
    this.root.querySelector(".last-undo").onclick = () => this.undo();
    this.onResize = () => this.layOut();
    this.onLine = () => (navigator.onLine ? this.outbox.flush() : this.outbox.report());
    this.onLeave = (event) => {
      if (this.outbox.entries.length && this.outbox.inFlight?.tries) event.preventDefault();
    };
    addEventListener("resize", this.onResize);
    this.aboveChanged = new ResizeObserver(this.onResize); // what stands above may grow
    this.aboveChanged.observe(this.parent.host?.closest('[data-testid="stMainBlockContainer"]') ?? document.body);
    addEventListener("online", this.onLine);
    addEventListener("offline", this.onLine);
    addEventListener("beforeunload", this.onLeave);
  }

  dispose() {
    removeEventListener("resize", this.onResize);
    this.aboveChanged.disconnect();
    removeEventListener("online", this.onLine);
    removeEventListener("offline", this.onLine);
    removeEventListener("beforeunload", this.onLeave);
    clearTimeout(this.baseTimer);
    this.keys.dispose();
    this.chooser.dispose();
    this.outbox.pause();
  }

  receive(data, trigger) {
    this.trigger = trigger;
    this.outbox.send = (message) => this.trigger("operations", message);
    this.choices = data.choices;
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.notices.banner(data.message);
    const narrowed = this.query !== null && this.query !== data.query;
    this.query = data.query;
    this.takeMore(data);
    this.takeRows(data);
    this.details.take(data.details);
    this.takeFound(data.found);
    this.rows.arrange();
    this.list.forgetGone();
    this.settleCurrent(narrowed, data.focus);
    this.draw();
    this.outbox.goOn();
    const known = data.base_token === this.rows.token;
    clearTimeout(this.baseTimer);
    if (!known) this.askForBase();
    this.layOut();
    this.root.dataset.ready = String(known);
  }

  // What only one kind of desk is told.
  takeMore() {}

  takeRows(data) {
    const first = this.rows.token === null;
    if (data.base !== null && data.base_token !== this.rows.token) {
      this.rows.takeBase(data.base, data.base_token);
      if (first) this.showWaiting();
    }
    // An answer counts once the list is as new as it.
    if (data.base_token !== this.rows.token) return;
    if (data.base !== null || data.revision !== this.rows.revision) this.rows.takeChanges(data.delta, data.removed, data.revision);
    for (const { entry, outcome } of this.outbox.take(data.acknowledged)) this.takeOutcome(entry, outcome);
  }

  // Decisions that wait since before a reload are shown as made.
  showWaiting() {
    for (const entry of this.outbox.entries) {
      for (const { id } of entry.cards) {
        if (this.kind.leaving.has(entry.kind)) this.rows.put(id, entry.sequence, null);
        else if (entry.kind === "undo") this.rows.withdraw(id);
      }
    }
  }

  takeOutcome(entry, outcome) {
    const ids = entry.cards.map((card) => card.id);
    for (const id of ids) {
      this.rows.settle(id, entry.sequence, outcome.versions?.[id] ?? outcome.version ?? null);
      // What follows from it is known anew: its history, and the title of what it was merged into.
      this.details.asked.delete(id);
    }
    const problems = new Map(Object.entries(outcome.problems ?? {}).map(([id, message]) => [Number(id), message]));
    const back = outcome.outcome === "applied" ? ids.filter((id) => problems.has(id)) : ids;
    if (!back.length) return;
    this.outbox.withdraw(new Set(back));
    for (const id of back) {
      this.rows.withdraw(id);
      if (this.kind.leaving.has(entry.kind)) this.list.returned.add(id);
    }
    if (back.length === ids.length) this.done.splice(0, this.done.length, ...this.done.filter((one) => !one.items.some(({ id }) => ids.includes(id))));
    const [first] = back;
    const title = this.rows.rows.get(first)?.title ?? `${first}`;
    const more = back.length > 1 ? ` and ${back.length - 1} more` : "";
    const said = problems.get(first) ?? outcome.message ?? "not stored.";
    this.notices.toast(`“${title}”${more}: ${said}`, this.rows.knows(first) ? () => this.goTo(first, true) : null);
  }

  takeFound(found) {
    const then = found ? this.searches.get(found.nonce) : undefined;
    if (!then) return;
    this.searches.delete(found.nonce);
    then(found.items);
  }

  // What I look at stays, whatever comes and goes around it.
  settleCurrent(narrowed, focus) {
    if (this.current === null || narrowed) {
      const begin = !narrowed && focus !== null && this.rows.has(focus) ? focus : this.rows.at(0);
      if (!narrowed || !this.rows.has(this.current)) this.setCurrent(begin);
    }
    if (this.current === null) return;
    if (this.rows.has(this.current)) {
      this.place = this.rows.places.get(this.current);
      this.gone = null;
    } else if (this.gone !== this.current) {
      this.gone = this.current;
      this.knownBefore = this.details.get(this.current);
      if (this.knownBefore && this.lastRow?.id === this.current) this.details.askFor([this.current]);
      else this.setCurrent(this.rows.at(this.place));
    }
  }

  setCurrent(id) {
    this.current = id;
    this.gone = null;
    if (id !== null) this.place = this.rows.places.get(id) ?? this.place;
  }

  draw() {
    this.list.setCurrent(this.current);
    this.list.draw();
    this.drawHead();
    const row = this.current === null ? null : (this.rows.row(this.current) ?? this.lastRow);
    if (row === null || row === undefined) {
      this.item.drawEmpty(this.emptyNodes());
      this.show("list");
    } else {
      this.lastRow = row;
      this.item.draw(row, this.details.get(row.id), this.gone === row.id ? this.goneInWords(row.id) : null);
    }
    if (this.trigger) this.details.need(this.gone === this.current ? null : this.current, this.place);
    if (this.kept) this.kept.current = this.current;
  }

  drawHead() {
    const total = this.countTotal();
    this.root.querySelector(".counts").textContent = this.countsInWords(total);
    const picked = this.list.selected.size;
    this.root.querySelector(".picked").hidden = !picked;
    this.root.querySelector(".picked-text").textContent = `${picked} selected`;
    this.root.classList.toggle("selecting", picked > 0);
    const newest = this.done.at(-1);
    this.root.querySelector(".last").hidden = !newest;
    this.root.querySelector(".last-text").textContent = newest ? `${newest.words}: ${newest.title}` : "";
    this.root.dataset.total = String(total);
  }

  countTotal() {
    return this.rows.order.length;
  }

  // Leaves what somebody else has decided.
  goOn() {
    this.goTo(this.rows.at(this.place));
    return true;
  }

  // Shows a decision about items as made and hands it to the outbox. `patched(row)` is what one that stays looks like.
  decideAll(ids, kind, what, words, patched = (row) => row) {
    const items = ids.map((id) => ({ id, row: this.rows.row(id) })).filter(({ id, row }) => row && this.gone !== id);
    if (!items.length) return null;
    const entry = this.outbox.add(kind, items.map(({ id }) => id), what);
    const [{ row: first }] = items;
    const title = items.length > 1 ? `${items.length} together` : first.title;
    const done = { client: entry.client, sequence: entry.sequence, items, words, title };
    this.done.push(done);
    const leaves = this.kind.leaving.has(kind);
    for (const { id, row } of items) {
      this.rows.put(id, entry.sequence, leaves ? null : patched(row));
      this.list.returned.delete(id);
    }
    const { place, current } = this;
    const before = items.filter(({ id }) => id !== current && (this.rows.places.get(id) ?? Infinity) < place).length;
    this.rows.arrange();
    this.list.forgetGone();
    if (!leaves || this.rows.has(current)) this.setCurrent(current);
    else this.setCurrent(this.rows.at(place - (leaves ? before : 0)));
    const next = leaves && this.current !== null ? `. Next: ${this.rows.row(this.current).title}` : "";
    this.notices.say(`${words}: ${title}${next}`);
    this.draw();
    return done;
  }

  // Takes the newest decision of this visit back; returns whether there was one.
  undo() {
    const newest = this.done.pop();
    if (!newest) return false;
    const entry = this.outbox.add("undo", newest.items.map(({ id }) => id), { earlier: newest.sequence });
    for (const { id, row } of newest.items) if (row) this.rows.put(id, entry.sequence, row);
    this.rows.arrange();
    if (this.rows.has(newest.items[0].id)) this.setCurrent(newest.items[0].id);
    this.notices.say(`Taken back: ${newest.words}: ${newest.title}`);
    this.draw();
    return true;
  }

  step(way) {
    if (this.current === null) return false;
    if (this.gone === this.current) return this.goTo(this.rows.at(way > 0 ? this.place : this.place - 1));
    return this.goTo(this.rows.at(this.place + way));
  }

  goTo(id, opens = false) {
    if (id === null) {
      this.setCurrent(null);
    } else {
      this.setCurrent(id);
      if (opens) this.show("item");
      this.notices.say(`${this.rows.row(id).title}, ${this.place + 1} of ${this.rows.order.length}`);
    }
    this.draw();
    return true;
  }

  toggle(id) {
    if (id === null || !this.rows.has(id)) return false;
    this.list.toggle(id);
    this.notices.say(this.list.selected.has(id) ? `Selected, ${this.list.selected.size} in all` : "Not selected");
    this.draw();
    return true;
  }

  range(id) {
    if (id === null || !this.rows.has(id)) return false;
    this.list.range(id);
    this.notices.say(`${this.list.selected.size} selected`);
    this.draw();
    return true;
  }

  letGo() {
    if (this.list.selected.size) {
      this.list.selected.clear();
      this.notices.say("Selection cleared");
      this.draw();
      return true;
    }
    if (this.root.dataset.view !== "item") return false;
    this.show("list");
    return true;
  }

  open(id) {
    this.trigger("open", { id, nonce: this.nextNonce() });
  }

  // `among` says what is looked for, where there is more than one kind of things.
  search(text, then, among) {
    this.searches.clear();
    const nonce = this.nextNonce();
    this.searches.set(nonce, then);
    this.trigger("search", { text, nonce, ...(among && { among }) });
  }

  // On a narrow screen either the list or the item is seen.
  show(view) {
    this.root.dataset.view = view;
    this.list.draw();
  }

  askForBase() {
    this.trigger("need_base", { nonce: this.nextNonce() });
    this.baseTimer = setTimeout(() => this.askForBase(), BASE_ASKED_AGAIN_MS);
  }

  nextNonce() {
    this.nonce += 1;
    return this.nonce;
  }

  // The panes reach to the bottom of the window.
  layOut() {
    const scroller = this.parent.host?.closest('[data-testid="stMain"]');
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    this.root.style.setProperty("--inbox-height", `${Math.round(Math.max(360, innerHeight - top - 16))}px`);
  }
}

// What this visit cannot take back, the page may: the same as when the key is pressed.
function pressForPage(key) {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

// Streamlit gives colours, not the name of the theme.
function isDark(root) {
  const [red, green, blue] = getComputedStyle(root).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

const desks = new WeakMap(); // the element that Streamlit gives → its desk
const keptDesks = new Map(); // key → what outlives a visit to another page
const utf8 = new TextDecoder();

// What Streamlit calls with each message; `Kind` is the desk's class.
function mountDesk(Kind, component) {
  const { parentElement, setTriggerValue } = component;
  const data = JSON.parse(utf8.decode(component.data));
  let shown = desks.get(parentElement);
  if (!shown || !shown.root.isConnected) {
    shown?.dispose();
    shown = new Kind(parentElement, data.key, keptDesks.get(data.key));
    desks.set(parentElement, shown);
    shown.kept = { rows: shown.rows, details: shown.details, done: shown.done, outbox: shown.outbox, current: shown.current };
    keptDesks.set(data.key, shown.kept);
  }
  shown.receive(data, setTriggerValue);
  // Streamlit may call this while the desk is still on the page (a newer message overtook this one)
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    shown.dispose();
    desks.delete(parentElement);
  });
}
