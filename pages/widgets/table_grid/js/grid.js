// The table in the browser: edits go to the server with the version that was seen, and are shown as under way until
// the row comes back with the answer. What is in `context` is what the columns' and the grid's options call.

class TableGrid {
  constructor() {
    this.outbox = new Outbox(sendToServer);
    this.groups = new Groups();
    this.keys = new GridKeys(this);
    this.api = null;
    this.rows = null;
  }

  ready(api, filters) {
    this.api = api;
    this.filters = new ColumnFilters(api, this.outbox, filters);
    api.addEventListener("cellEditRequest", (event) => this.edited(event));
    api.addEventListener("rowDataUpdated", () => this.settle());
    api.addEventListener("selectionChanged", () => this.showSelection());
    api.addEventListener("sortChanged", (event) => event.source === "uiColumnSorted" && this.sorted());
    api.addEventListener("columnMoved", (event) => event.finished && event.source === "uiColumnMoved" && this.moved());
    api.addEventListener("cellDoubleClicked", (event) => {
      if (!event.colDef.editable && event.data?.id) this.open(event.data.id);
    });
    window.addEventListener("message", (event) => this.received(event));
    this.keys.connect(api);
    this.bar = selectionBar(this);
    document.body.dataset.ready = "true";
  }

  // The component around us takes rows over only once; after that we take them from the same message ourselves.
  received(event) {
    if (event.source !== window.parent || event.data?.type !== "streamlit:render") return;
    this.filters.received(event.data.args?.columns_state?.[0]?.filters);
    const rows = event.data.args?.gridOptions?.rowData;
    if (typeof rows !== "string" || rows === this.rows) return;
    this.rows = rows;
    this.api.setGridOption("rowData", JSON.parse(rows));
  }

  open(id) {
    this.outbox.wish("open", id);
  }

  edited({ data, colDef, newValue, oldValue }) {
    const value = newValue ?? "";
    if (String(value) === String(oldValue ?? "")) return;
    this.outbox.edit(data.id, data._version, colDef.field, value);
    this.api.applyTransaction({ update: [{ ...data, [colDef.field]: newValue, _underway: true }] });
  }

  // New rows came: what they answer is done, and what is still under way stays in sight.
  settle() {
    const waiting = this.outbox.settle((id) => this.api.getRowNode(String(id))?.data._answered ?? Infinity);
    const update = new Map();
    for (const edit of waiting) {
      const data = update.get(edit.id) ?? this.api.getRowNode(String(edit.id))?.data;
      if (data) update.set(edit.id, { ...data, [edit.field]: edit.value, _underway: true });
    }
    if (update.size) this.api.applyTransaction({ update: [...update.values()] });
    document.body.dataset.waiting = String(waiting.length);
  }

  selected() {
    return this.api.getSelectedNodes().filter((node) => node.data?.id).map((node) => [node.data.id, node.data._version]);
  }

  showSelection() {
    const count = this.selected().length;
    this.bar.hidden = count === 0;
    this.bar.firstChild.textContent = `${count} selected`;
  }

  sorted() {
    const sorted = this.api.getColumnState().filter((column) => column.sort).sort((a, b) => a.sortIndex - b.sortIndex);
    this.outbox.wish("sort", sorted.map((column) => (column.sort === "desc" ? "-" : "") + column.colId).join(","));
  }

  moved() {
    const shown = this.api.getAllDisplayedColumns().map((column) => column.getColId());
    this.outbox.wish("columns", shown.filter((id) => CHOICES.columns.includes(id)));
  }

  steps(status) {
    return [status, ...(CHOICES.steps[status] ?? [])];
  }

  compare(field, one, other) {
    const place = (value) => (value ? CHOICES.order[field].indexOf(value) : Infinity);
    return place(one) - place(other) || 0;
  }
}

function selectionBar(grid) {
  const bar = document.createElement("div");
  bar.className = "selection";
  bar.hidden = true;
  bar.setAttribute("role", "status");
  const count = document.createElement("span");
  const edit = document.createElement("button");
  edit.textContent = "Edit selected";
  edit.addEventListener("click", () => grid.outbox.wish("bulk", grid.selected()));
  const clear = document.createElement("button");
  clear.textContent = "Clear";
  clear.addEventListener("click", () => grid.api.deselectAll());
  bar.append(count, edit, clear);
  document.body.append(bar);
  return bar;
}
