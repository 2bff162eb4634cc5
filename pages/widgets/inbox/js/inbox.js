// The inbox: proposals, and what is decided about them.

const INBOX = {
  name: "inbox",
  rows: () => new ItemRows(rowFrom, compareRows),
  look: { fill: fillRow, pixels: PROPOSAL_PIXELS },
  item: (root, actions) => new InboxItem(root, actions),
  deciding: { 1: "approve", 2: "merge", 3: "reject", s: "snooze", a: "assign", p: "priority" },
  leaving: new Set(["approve", "merge", "reject", "snooze"]),
};

class Inbox extends Desk {
  constructor(parent, key, kept) {
    super(parent, key, kept, INBOX);
  }

  takeMore(data) {
    this.snoozed = data.snoozed;
  }

  goneInWords(id) {
    const detail = this.details.get(id);
    const [who, said] = (detail !== this.knownBefore && detail?.history[0]) || [];
    const told = who ? `${who} ${said}.` : "somebody else has decided it.";
    return `No longer in the inbox: ${told} The next key goes on.`;
  }

  countsInWords(total) {
    const waiting = total === 1 ? "1 proposal" : `${total.toLocaleString("en")} proposals`;
    return waiting + (this.query ? " match" : "") + (this.snoozed ? ` · ${this.snoozed} snoozed` : "");
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

  decide(kind, what, words) {
    const patch = kind === "assign" ? { assignee: what.assignee } : { urgency: URGENCIES.indexOf(what.priority) };
    this.decideAll([this.current], kind, what, words, (row) => ({ ...row, ...patch }));
  }

  bulk() {
    const cards = this.rows.order.filter((id) => this.list.selected.has(id)).map((id) => ({ id, version: this.rows.versionOf(id) }));
    if (cards.length) this.trigger("bulk", { cards, nonce: this.nextNonce() });
  }
}

export default (component) => mountDesk(Inbox, component);
