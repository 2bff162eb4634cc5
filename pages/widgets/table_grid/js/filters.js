// The filters in the headings. The address holds them, so the server sends them back, and others when a view is opened.
// Each message says which of our wishes it knows: an older one would take back what a person is about to type.

class ColumnFilters {
  constructor(api, outbox, encoded) {
    this.api = api;
    this.outbox = outbox;
    this.shown = encoded;
    this.model = decoded(encoded);
    this.answered = 0;
    api.addEventListener("filterChanged", (event) => event.source === "columnFilter" && this.changed());
    // A column that comes back comes without its filter.
    api.addEventListener("newColumnsLoaded", () => this.apply());
    this.apply();
  }

  changed() {
    this.model = this.api.getFilterModel();
    this.outbox.wish("filters", this.model);
  }

  received(message) {
    if (!message || message.after < (this.outbox.wishes.filters?.sequence ?? 0)) return;
    const isAnswer = message.after === this.outbox.wishes.filters?.sequence && this.answered !== message.after;
    const isNews = message.model !== this.shown && !isAnswer;
    this.answered = message.after;
    this.shown = message.model;
    if (!isNews) return;
    this.model = decoded(message.model);
    setTimeout(() => this.apply()); // when the columns are there
  }

  apply() {
    if (!same(this.api.getFilterModel(), this.model)) this.api.setFilterModel(this.model);
  }
}

// No text of a person stands in the options of the grid, which are searched for scripts: it comes as base 64.
function decoded(encoded) {
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0))));
}

function same(one, other) {
  const sorted = (value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(([, part]) => part != null).sort().map(([key, part]) => [key, sorted(part)]))
      : value;
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
