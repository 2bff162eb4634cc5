// Cells that are more than text, and editors that know what is there already. Values are shown by textContent only.

class ItemLink {
  init(params) {
    this.gui = document.createElement("a");
    this.gui.className = "item";
    this.gui.tabIndex = -1; // Enter in the cell opens it as well
    this.show(params);
    this.gui.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
      event.preventDefault();
      params.context.open(this.id);
    });
  }

  show(params) {
    this.id = Number(params.value);
    this.gui.textContent = `#${this.id}`;
    this.gui.href = itemAddress(this.id);
    this.gui.target = "_top";
  }

  getGui() {
    return this.gui;
  }

  refresh(params) {
    this.show(params);
    return true;
  }
}

function itemAddress(id) {
  const address = new URL(window.parent.location.href);
  address.searchParams.set("item", String(id));
  return address.href;
}

// A field of one's own words that offers what other rows have in this column.
class SuggestingEditor {
  init(params) {
    const field = params.column.getColId();
    const known = new Set();
    params.api.forEachNode((node) => node.data?.[field] && known.add(node.data[field]));
    this.gui = document.createElement("div");
    this.gui.className = "suggesting";
    this.input = document.createElement("input");
    this.input.value = params.value ?? "";
    this.input.maxLength = 120;
    this.input.setAttribute("aria-label", params.colDef.headerName);
    this.input.setAttribute("list", "known-values");
    const list = document.createElement("datalist");
    list.id = "known-values";
    for (const value of [...known].sort((a, b) => a.localeCompare(b))) list.append(new Option(value, value));
    this.gui.append(this.input, list);
  }

  getGui() {
    return this.gui;
  }

  afterGuiAttached() {
    this.input.focus();
    this.input.select();
  }

  getValue() {
    return this.input.value.trim();
  }
}
