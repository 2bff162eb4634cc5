// The inbox: takes the page's messages, shows decisions at once, and hands them to the outbox.

const BASE_ASKED_AGAIN_MS = 4000;
const LEAVING = new Set(["approve", "merge", "reject", "snooze"]);

class Inbox {
  constructor(parent, key, kept) {
    this.parent = parent;
    this.root = parent.querySelector(".inbox");
    this.rows = kept?.rows ?? new InboxRows();
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
    });
    this.item = new InboxItem(this.root, {
      act: (name) => (name === "undo" ? this.undo() || pressForPage("z") : this.act(name)),
      open: (id) => this.open(id),
      back: () => this.show("list"),
    });
    this.chooser = new Chooser(this.root, () => this.list.scroller.focus({ preventScroll: true }));
    this.keys = new InboxKeys(this);
    this.outbox = kept?.outbox ?? new Outbox(`inbox:${key}`, null, null);
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
    this.takeRows(data);
    this.details.take(data.details);
    this.takeFound(data.found);
    this.snoozed = data.snoozed;
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
      const { id } = entry.cards[0];
      if (LEAVING.has(entry.kind)) this.rows.put(id, entry.sequence, null);
      else if (entry.kind === "undo") this.rows.withdraw(id);
    }
  }

  takeOutcome(entry, outcome) {
    const { id } = entry.cards[0];
    this.rows.settle(id, entry.sequence, outcome.version);
    if (outcome.outcome === "applied") {
      // What follows from it is known anew: its history, and the title of what it was merged into.
      this.details.asked.delete(id);
      return;
    }
    this.outbox.withdraw(new Set([id]));
    this.rows.withdraw(id);
    this.done.splice(0, this.done.length, ...this.done.filter((one) => one.id !== id));
    if (LEAVING.has(entry.kind)) this.list.returned.add(id);
    const title = this.rows.rows.get(id)?.title ?? entry.title ?? `#${id}`;
    this.notices.toast(`“${title}”: ${outcome.message ?? "not stored."}`, this.rows.rows.has(id) ? () => this.goTo(id, true) : null);
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

  goneInWords(id) {
    const detail = this.details.get(id);
    const [who, said] = (detail !== this.knownBefore && detail?.history[0]) || [];
    const told = who ? `${who} ${said}.` : "somebody else has decided it.";
    return `No longer in the inbox: ${told} The next key goes on.`;
  }

  drawHead() {
    const total = this.rows.order.length;
    const waiting = total === 1 ? "1 proposal" : `${total.toLocaleString("en")} proposals`;
    this.root.querySelector(".counts").textContent = waiting + (this.query ? " match" : "") + (this.snoozed ? ` · ${this.snoozed} snoozed` : "");
    const picked = this.list.selected.size;
    this.root.querySelector(".picked").hidden = !picked;
    this.root.querySelector(".picked-text").textContent = `${picked} selected`;
    this.root.classList.toggle("selecting", picked > 0);
    const newest = this.done.at(-1);
    this.root.querySelector(".last").hidden = !newest;
    this.root.querySelector(".last-text").textContent = newest ? `${newest.words}: ${newest.title}` : "";
    this.root.dataset.total = String(total);
  }

  emptyNodes() {
    if (this.query) return [withClass("strong", "", "Nothing matches"), withClass("span", "", "Change or clear the words above to see what else waits.")];
    const asleep = this.snoozed ? ` ${this.snoozed} are snoozed and come back by themselves.` : "";
    return [
      withClass("strong", "", "Inbox zero"),
      withClass("span", "", `Every proposal is decided.${asleep} Start what was approved on the board (G then B), or add an idea (N).`),
    ];
  }

  // Carries out what a key or a button stands for; returns whether it meant something.
  act(name) {
    if (this.current === null) return false;
    if (this.gone === this.current) return this.goOn();
    if (name === "open") this.open(this.current);
    else if (name === "approve") this.decide("approve", {}, "Approved");
    else this.chooser.ask(QUESTIONS[name](this, this.rows.row(this.current), this.details.get(this.current)));
    return true;
  }

  // Leaves what somebody else has decided.
  goOn() {
    this.goTo(this.rows.at(this.place));
    return true;
  }

  // Shows a decision as made and hands it to the outbox.
  decide(kind, what, words) {
    const id = this.current;
    const row = this.rows.row(id);
    if (!row || this.gone === id) return;
    const entry = this.outbox.add(kind, [id], what);
    this.done.push({ client: entry.client, sequence: entry.sequence, id, row, words, title: row.title });
    const patch = kind === "assign" ? { assignee: what.assignee } : { urgency: URGENCIES.indexOf(what.priority) };
    this.rows.put(id, entry.sequence, LEAVING.has(kind) ? null : { ...row, ...patch });
    this.list.returned.delete(id);
    const { place } = this;
    this.rows.arrange();
    this.list.forgetGone();
    this.setCurrent(LEAVING.has(kind) ? this.rows.at(place) : id);
    const next = LEAVING.has(kind) && this.current !== null ? `. Next: ${this.rows.row(this.current).title}` : "";
    this.notices.say(`${words}: ${row.title}${next}`);
    this.draw();
  }

  // Takes the newest decision of this visit back; returns whether there was one.
  undo() {
    const newest = this.done.pop();
    if (!newest) return false;
    const { id, row } = newest;
    const entry = this.outbox.add("undo", [id], { earlier: newest.sequence });
    this.rows.put(id, entry.sequence, row);
    this.rows.arrange();
    this.setCurrent(id);
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

  bulk() {
    const cards = this.rows.order.filter((id) => this.list.selected.has(id)).map((id) => ({ id, version: this.rows.versionOf(id) }));
    if (cards.length) this.trigger("bulk", { cards, nonce: this.nextNonce() });
  }

  open(id) {
    this.trigger("open", { id, nonce: this.nextNonce() });
  }

  search(text, then) {
    this.searches.clear();
    const nonce = this.nextNonce();
    this.searches.set(nonce, then);
    this.trigger("search", { text, nonce });
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

  // The inbox reaches to the bottom of the window.
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

const inboxes = new WeakMap(); // the element that Streamlit gives → its Inbox
const keptInboxes = new Map(); // key → what outlives a visit to another page
const utf8 = new TextDecoder();

export default function inbox(component) {
  const { parentElement, setTriggerValue } = component;
  const data = JSON.parse(utf8.decode(component.data));
  let shown = inboxes.get(parentElement);
  if (!shown || !shown.root.isConnected) {
    shown?.dispose();
    shown = new Inbox(parentElement, data.key, keptInboxes.get(data.key));
    inboxes.set(parentElement, shown);
    shown.kept = { rows: shown.rows, details: shown.details, done: shown.done, outbox: shown.outbox, current: shown.current };
    keptInboxes.set(data.key, shown.kept);
  }
  shown.receive(data, setTriggerValue);
  // Streamlit may call this while the inbox is still on the page (a newer message overtook this one)
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    shown.dispose();
    inboxes.delete(parentElement);
  });
}
