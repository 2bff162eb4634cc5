// The research feed: findings, and what is decided about them.

const SEEN_AFTER_MS = 1200;
const MORE_BEFORE_END = 30;
const FEED_LEAVING = new Set(["convert", "attach", "reject", "snooze", "merge", "reopen", "split"]);
const NOTHING_LEAVES = new Set();
const SHELF_WORDS = {
  waiting: ["finding to decide", "findings to decide"],
  snoozed: ["snoozed", "snoozed"],
  set_aside: ["set aside", "set aside"],
  rejected: ["rejected", "rejected"],
  converted: ["converted", "converted"],
  duplicates: ["duplicate", "duplicates"],
  everything: ["finding", "findings"],
};

class Feed extends Desk {
  constructor(parent, key, kept) {
    const view = { since: null };
    super(parent, key, kept, {
      name: "research",
      rows: () => new FindingRows(),
      look: { fill: findingFiller(view), pixels: FINDING_PIXELS },
      item: (root, actions) => new FindingItem(root, actions, FINDING_DECISIONS),
      deciding: { 1: "convert", 2: "attach", 3: "reject", s: "snooze", m: "merge", b: "reopen", o: "original" },
      leaving: FEED_LEAVING,
    });
    this.view = view;
    this.told = new Set(); // ids that the server knows this person has seen
    this.askedFor = 0; // how many rows were asked for
    this.opening = null; // id whose form opens once it is loaded
    this.form = new ConvertForm(this.root, {
      convert: (form) => this.decide([this.current], "convert", { form }, "Converted"),
      attach: (id) => this.decide([this.current], "attach", { enhancement: id }, `Attached to #${id}`),
      closed: () => this.list.scroller.focus({ preventScroll: true }),
    });
    Object.assign(this.item.actions, {
      split: (id) => this.say(id, "split", {}, "Said not to be the same"),
      merge: (id) => this.decide([this.current], "merge", { canonical: id }, "Said to be the same"),
    });
    this.root.querySelector(".last-open").onclick = () => this.open(this.done.at(-1).enhancement);
    this.list.scroller.addEventListener("scroll", () => this.lookAround(), { passive: true });
  }

  dispose() {
    clearTimeout(this.seenTimer);
    super.dispose();
  }

  takeMore(data) {
    this.view.since = data.since;
    this.total = data.total;
    this.shelf = data.shelf;
    this.nothing = data.nothing;
    this.kind.leaving = this.shelf === "everything" ? NOTHING_LEAVES : FEED_LEAVING;
    this.root.dataset.shelf = this.shelf;
    this.order = data.order;
    this.token = data.base_token;
  }

  takeRows(data) {
    if (this.token === this.rows.token || data.base !== null) this.rows.takeOrder(this.order);
    super.takeRows(data);
  }

  takeOutcome(entry, outcome) {
    super.takeOutcome(entry, outcome);
    const done = this.done.find((one) => one.client === entry.client && one.sequence === entry.sequence);
    if (done && outcome.enhancement) {
      done.enhancement = outcome.enhancement;
      if (entry.kind === "convert") done.words = `Converted to #${outcome.enhancement}`;
    }
    if (["split", "merge", "undo"].includes(entry.kind) && this.current !== null) this.details.askFor([this.current]);
  }

  draw() {
    super.draw();
    this.root.dataset.empty = String(this.current === null);
    if (this.opening !== null && this.opening !== this.current) this.opening = null;
    if (this.opening !== null && this.details.get(this.opening)) this.askToConvert();
    if (this.trigger) this.lookAround();
  }

  drawHead() {
    super.drawHead();
    const open = this.root.querySelector(".last-open");
    const enhancement = this.done.at(-1)?.enhancement;
    open.hidden = !enhancement;
    open.textContent = enhancement ? `Open #${enhancement}` : "";
  }

  // Asks for more before the end is reached, and tells what was seen.
  lookAround() {
    const visible = this.list.visible();
    const last = visible.at(-1)?.[1] ?? this.place;
    const loaded = this.rows.listed.length;
    if (loaded < this.total && this.askedFor <= loaded && Math.max(last, this.place) > this.rows.order.length - MORE_BEFORE_END) {
      this.askedFor = loaded + 1;
      this.trigger("more", { loaded, nonce: this.nextNonce() });
    }
    if (this.shelf !== "waiting" || this.seenTimer || visible.every(([id]) => this.told.has(id))) return;
    this.seenTimer = setTimeout(() => this.tellSeen(), SEEN_AFTER_MS);
  }

  tellSeen() {
    this.seenTimer = null;
    if (document.hidden || !this.root.isConnected || !this.trigger) return;
    const fresh = this.list.visible().filter(([id]) => !this.told.has(id));
    if (!fresh.length) return;
    for (const [id] of fresh) this.told.add(id);
    this.trigger("seen", { shown: fresh, nonce: this.nextNonce() });
  }

  countTotal() {
    return Math.max(0, this.total + this.rows.difference());
  }

  countsInWords(total) {
    const [one, many] = SHELF_WORDS[this.shelf] ?? SHELF_WORDS.everything;
    return `${total.toLocaleString("en")} ${total === 1 ? one : many}`;
  }

  goneInWords(id) {
    const detail = this.details.get(id);
    const [who, said] = (detail !== this.knownBefore && detail?.history[0]) || [];
    return `No longer here: ${who ? `${who} ${said}.` : "somebody else has decided it."} The next key goes on.`;
  }

  emptyNodes() {
    const { title, text, links } = this.nothing;
    const nodes = [withClass("strong", "", title), withClass("span", "", text)];
    for (const [words, address] of links) {
      const link = withClass("a", "empty-link", words);
      link.href = address;
      nodes.push(link);
    }
    return nodes;
  }

  // What a key is about: what is selected, else the one that is looked at.
  targets() {
    const selected = this.rows.order.filter((id) => this.list.selected.has(id));
    return selected.length ? selected : [this.current];
  }

  // Carries out what a key or a button stands for; returns whether it meant something.
  act(name) {
    if (this.current === null) return false;
    if (this.gone === this.current) return this.goOn();
    const ids = this.targets();
    const one = ids.length === 1 ? ids[0] : null;
    if (name === "open") this.show("item");
    else if (name === "original") this.openOriginal(this.rows.row(this.current));
    else if (name === "reopen") return this.shelf !== "waiting" && this.decide(ids, "reopen", {}, "Back in the feed");
    else if (name === "convert" && one !== null) this.askToConvert(one);
    else this.chooser.ask(FINDING_QUESTIONS[name](this, ids, one === null ? null : this.details.get(one)));
    return true;
  }

  askToConvert(id = this.opening) {
    const detail = this.details.get(id);
    this.opening = detail ? null : id;
    if (id !== this.current) this.goTo(id);
    if (detail) this.form.open(detail, this.choices);
    else this.notices.say("Loading what is known about it");
  }

  openOriginal(row) {
    if (isHarmless(row.url) && /^https?:/i.test(row.url)) window.open(row.url, "_blank", "noopener,noreferrer");
    else this.notices.toast("This finding has no address that can be opened.", null);
  }

  decide(ids, kind, what, words) {
    this.decideAll(ids, kind, what, words);
    this.list.selected.clear();
    this.list.draw();
    this.drawHead();
    return true;
  }

  // A decision about a finding that may not be in the list.
  say(id, kind, what, words) {
    if (this.rows.has(id)) return this.decide([id], kind, what, words);
    const entry = this.outbox.add(kind, [id], what);
    this.done.push({ client: entry.client, sequence: entry.sequence, items: [{ id, row: null }], words, title: this.rows.row(this.current)?.title ?? "" });
    this.notices.say(words);
    this.draw();
    return true;
  }

  bulk() {
    const ids = this.targets();
    this.chooser.ask({
      name: "bulk",
      title: `Decide ${ids.length} together`,
      options: [["1", "Convert", "convert"], ["2", "Attach to one enhancement", "attach"], ["3", "Reject", "reject"], ["S", "Snooze", "snooze"]].map(
        ([key, label, name]) => ({ key, label, keepsOpen: true, choose: () => this.chooser.ask(FINDING_QUESTIONS[name](this, ids, null)) }),
      ),
      note: "One undo takes all of them back.",
    });
  }
}

export default (component) => mountDesk(Feed, component);
