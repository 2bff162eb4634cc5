// Keys of the grid outside of fields: J K move, X selects, Enter opens, E edits. All other single letters belong to the
// page around the frame, which does not hear what is pressed in here unless it is told.

const PASSED_ON = /^[a-z0-9/?]$/i;

function plainKey(event) {
  return !(event.ctrlKey || event.metaKey || event.altKey);
}

function inField(target) {
  return target?.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]") != null;
}

class GridKeys {
  constructor(grid) {
    this.grid = grid;
    this.anchor = null;
  }

  // Whether AG Grid shall leave this key alone; it asks before it does anything with it.
  handle({ event, editing, node, column, api }) {
    if (editing || !plainKey(event)) return false;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" || key === "F2") {
      if (this.grid.groups.isHeading(node)) return false;
      if (key === "Enter") this.grid.open(node.data.id);
      else api.startEditingCell({ rowIndex: node.rowIndex, colKey: column });
    } else if (key === "e") {
      api.startEditingCell({ rowIndex: node.rowIndex, colKey: column });
    } else if (key === "j" || key === "k") {
      this.step(api, key === "j" ? 1 : -1);
    } else if (key === "x") {
      this.select(api, node, event.shiftKey);
    } else if (key === "Escape") {
      api.deselectAll();
    } else if (key === "Delete" || key === "Backspace") {
      return true; // AG Grid would empty the cell
    } else {
      return event.key.length === 1 && key !== " ";
    }
    event.preventDefault();
    return true;
  }

  step(api, by) {
    const focused = api.getFocusedCell();
    if (focused === null) return this.enter(api);
    for (let row = focused.rowIndex + by; row >= 0 && row < api.getDisplayedRowCount(); row += by) {
      if (this.grid.groups.isHeading(api.getDisplayedRowAtIndex(row))) continue;
      api.ensureIndexVisible(row);
      api.setFocusedCell(row, focused.column);
      return;
    }
  }

  enter(api) {
    for (let row = 0; row < api.getDisplayedRowCount(); row += 1) {
      if (this.grid.groups.isHeading(api.getDisplayedRowAtIndex(row))) continue;
      window.focus();
      api.setFocusedCell(row, "title");
      return;
    }
  }

  select(api, node, range) {
    if (range && this.anchor !== null) {
      const from = api.getRowNode(this.anchor)?.rowIndex ?? node.rowIndex;
      const [first, last] = [Math.min(from, node.rowIndex), Math.max(from, node.rowIndex)];
      const nodes = [];
      for (let row = first; row <= last; row += 1) nodes.push(api.getDisplayedRowAtIndex(row));
      api.setNodesSelected({ nodes: nodes.filter((one) => one.selectable), newValue: true });
    } else {
      node.setSelected(!node.isSelected());
    }
    this.anchor = node.id;
  }

  // Keys of the page that were pressed in here, and keys for the grid that were pressed on the page.
  connect(api) {
    const outside = window.parent.document;
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || !plainKey(event) || inField(event.target) || !PASSED_ON.test(event.key)) return;
      event.preventDefault();
      const { key, code, keyCode, shiftKey } = event;
      const same = { key, code, keyCode, which: keyCode, shiftKey, bubbles: true, cancelable: true };
      outside.body.dispatchEvent(new KeyboardEvent("keydown", same));
    });
    const fromPage = (event) => {
      const idle = outside.activeElement === outside.body || outside.activeElement === null;
      if (!event.isTrusted || event.defaultPrevented || !plainKey(event) || !idle) return;
      if (outside.querySelector("[role=dialog]") !== null) return;
      if ("jk".includes(event.key)) {
        event.preventDefault();
        if (api.getFocusedCell() === null) this.enter(api);
        else {
          window.focus();
          this.step(api, event.key === "j" ? 1 : -1);
        }
      }
    };
    outside.addEventListener("keydown", fromPage);
    window.addEventListener("pagehide", () => outside.removeEventListener("keydown", fromPage));
  }
}
