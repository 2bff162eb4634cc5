// What is known of each proposal, fetched for the one that is shown and for those that come next.

const AHEAD = 8;
const ASK_WHEN_MISSING = 4;
const MOST_ASKED = 12;
const ASKED_AGAIN_MS = 4000;
const KEPT = 300;

class InboxDetails {
  constructor(rows) {
    this.rows = rows;
    this.known = new Map(); // id → detail
    this.texts = new Map(); // id → the same as text, because every detail comes a few times
    this.asked = new Map(); // id → when it was asked for
    this.ask = null;
  }

  take(details) {
    for (const detail of details) {
      this.asked.delete(detail.id);
      const text = JSON.stringify(detail);
      if (this.texts.get(detail.id) === text) continue;
      this.known.delete(detail.id);
      this.known.set(detail.id, detail);
      this.texts.set(detail.id, text);
    }
    for (const id of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(id);
      this.texts.delete(id);
    }
  }

  get(id) {
    return this.known.get(id) ?? null;
  }

  isFresh(id) {
    const detail = this.known.get(id);
    return detail !== undefined && detail.version >= (this.rows.rows.get(id)?.version ?? 0);
  }

  // Asks for what is missing: at once for the one that is looked at, else when several of the next are.
  need(current, place) {
    const now = Date.now();
    const next = this.rows.order.slice(place + 1, place + 1 + MOST_ASKED);
    const missing = [current, ...next].filter((id) => id !== null && !this.isFresh(id));
    const overdue = (id) => now - (this.asked.get(id) ?? 0) > ASKED_AGAIN_MS;
    const soon = missing.filter((id) => next.indexOf(id) < AHEAD && overdue(id));
    if (!soon.includes(current) && soon.length < Math.min(ASK_WHEN_MISSING, next.length)) return;
    const ids = missing.filter(overdue).slice(0, MOST_ASKED);
    if (ids.length) this.askFor(ids);
  }

  askFor(ids) {
    for (const id of ids) this.asked.set(id, Date.now());
    this.ask?.(ids);
  }
}
