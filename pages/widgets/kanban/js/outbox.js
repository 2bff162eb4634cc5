// Operations without an answer. They survive a reload, travel together until each is answered, and the server applies
// each (client, sequence) once; so sending twice does no harm, and a lost message loses nothing.

const RESEND_AFTER_MS = [3000, 5000, 8000, 12000, 20000, 30000];
const MOST_PER_MESSAGE = 200;

class Outbox {
  // `versionOf(id)` is the version that the person saw; `send` hands one message to the page.
  constructor(key, versionOf, onState) {
    this.storageKey = `${key}:outbox`;
    this.versionOf = versionOf;
    this.onState = onState;
    this.send = null;
    this.client = newUuid(); // a new one per page load, so that a duplicated tab never counts with the same numbers
    this.sequence = 0;
    this.entries = this.load();
    this.inFlight = null; // {client, last, at, tries} of the message that waits for its answer
    this.timer = null;
  }

  load() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(this.storageKey) ?? "[]");
      return Array.isArray(stored) ? stored : [];
    } catch {
      return [];
    }
  }

  store() {
    try {
      sessionStorage.setItem(this.storageKey, JSON.stringify(this.entries));
    } catch (error) {
      console.warn("outbox: this browser cannot keep operations across a reload", error);
    }
  }

  // `what` holds the fields of this kind of operation.
  add(kind, ids, what) {
    this.sequence += 1;
    const waiting = new Set(this.entries.flatMap((other) => other.cards.map((card) => card.id)));
    // null until the card's earlier operation is answered: only then is it known on which version this one builds
    const cards = ids.map((id) => ({ id, version: waiting.has(id) ? null : this.versionOf(id) }));
    const entry = { client: this.client, sequence: this.sequence, kind, cards, ...what, at: Date.now() };
    this.entries.push(entry);
    this.store();
    if (!this.inFlight) this.flush();
    this.report();
    return entry;
  }

  // What may be sent now: entries of one client up to the first about a card whose earlier one has no answer yet,
  // because the version which that answer brings is the one it must name.
  ready() {
    const batch = [];
    const busy = new Set();
    for (const entry of this.entries) {
      if (entry.client !== this.entries[0].client || batch.length === MOST_PER_MESSAGE) break;
      if (entry.cards.some((card) => busy.has(card.id))) break;
      entry.cards.forEach((card) => busy.add(card.id));
      batch.push(entry);
    }
    return batch;
  }

  flush(tries = 0) {
    clearTimeout(this.timer);
    this.timer = null;
    const batch = this.entries.length ? this.ready() : [];
    if (!batch.length || !this.send) {
      this.inFlight = null;
      return;
    }
    for (const entry of batch) {
      for (const card of entry.cards) card.version ??= this.versionOf(card.id) ?? 0;
    }
    this.store();
    this.inFlight = { client: batch[0].client, last: batch[batch.length - 1].sequence, tries };
    this.send({
      client: batch[0].client,
      operations: batch.map(({ client, at, ...operation }) => operation),
    });
    const wait = RESEND_AFTER_MS[Math.min(tries, RESEND_AFTER_MS.length - 1)];
    this.timer = setTimeout(() => {
      this.flush(tries + 1);
      this.report();
    }, wait);
  }

  // Takes the server's answers; returns [{entry, outcome}], the entries being done with.
  take(acknowledged) {
    if (!acknowledged) return [];
    const outcomes = new Map(acknowledged.outcomes.map((outcome) => [outcome.sequence, outcome]));
    const done = [];
    this.entries = this.entries.filter((entry) => {
      const outcome = entry.client === acknowledged.client ? outcomes.get(entry.sequence) : undefined;
      if (outcome) done.push({ entry, outcome });
      return !outcome;
    });
    if (done.length) this.store();
    return done;
  }

  // An operation that builds on one which was not applied makes no sense any more.
  withdraw(ids) {
    const withdrawn = [];
    this.entries = this.entries.filter((entry) => {
      const hit = entry.cards.filter((card) => ids.has(card.id) && card.version === null);
      if (!hit.length) return true;
      withdrawn.push({ ...entry, cards: hit });
      entry.cards = entry.cards.filter((card) => !hit.includes(card));
      return entry.cards.length > 0;
    });
    if (withdrawn.length) this.store();
    return withdrawn;
  }

  // Sends what is left once the message under way is answered.
  goOn() {
    const waiting = this.inFlight;
    const open = waiting && this.entries.some((entry) => entry.client === waiting.client && entry.sequence <= waiting.last);
    if (!open) this.flush();
    this.report();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.inFlight = null;
    this.send = null;
  }

  report() {
    const late = navigator.onLine === false || (this.inFlight?.tries ?? 0) > 0;
    this.onState({ waiting: this.entries.length, late });
  }
}

// crypto.randomUUID exists only on secure pages; a board on a plain http address in the house needs ids too.
function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
