// The filters in the headings. The address holds them, so the server sends them back, and others when a view is opened.
// Each message says which of our wishes it knows: an older one would take back what a person is about to type.

class ColumnFilters {
  constructor(api, outbox, encoded) {
    this.api = api;
    this.outbox = outbox;
    this.model = decoded(encoded);
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
    const model = decoded(message.model);
    if (same(model, this.model)) return;
    this.model = model;
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

// Whether two models say the same, in whatever order they name it.
function same(one, other) {
  const sorted = (value) => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    const said = Object.entries(value).filter(([, part]) => part != null).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(said.map(([key, part]) => [key, sorted(part)]));
  };
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
