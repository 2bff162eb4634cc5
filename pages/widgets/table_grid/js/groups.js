// Rows under headings: AG Grid's own grouping is not part of its community edition. A heading is a row of the data
// that spans the grid; this keeps it above its rows whatever they are sorted by, and folds them away.

class Groups {
  constructor() {
    this.folded = new Set();
  }

  isHeading(node) {
    return node?.data?._heading != null;
  }

  arrange(nodes) {
    if (!nodes.some((node) => this.isHeading(node))) return;
    const order = new Map();
    for (const node of nodes) if (this.isHeading(node)) order.set(node.data._group, [node]);
    for (const node of nodes) if (!this.isHeading(node)) order.get(node.data._group)?.push(node);
    const headings = [...order.values()].sort((a, b) => a[0].data._place - b[0].data._place);
    nodes.splice(0, nodes.length, ...headings.flat());
  }

  shows(node) {
    return this.isHeading(node) || !this.folded.has(node.data._group);
  }

  toggle(node, api) {
    const group = node.data._group;
    if (!this.folded.delete(group)) this.folded.add(group);
    api.onFilterChanged("api");
    const open = !this.folded.has(group);
    api.refreshCells({ force: true });
    api.redrawRows({ rowNodes: [node] });
    return open;
  }
}

class HeadingRow {
  init(params) {
    const data = params.data;
    const open = !params.context.groups.folded.has(data._group);
    this.gui = document.createElement("button");
    this.gui.type = "button";
    this.gui.className = "heading";
    this.gui.setAttribute("aria-expanded", String(open));
    const arrow = document.createElement("span");
    arrow.className = "arrow";
    arrow.textContent = open ? "▾" : "▸";
    arrow.setAttribute("aria-hidden", "true");
    const name = document.createElement("strong");
    name.textContent = data._heading;
    const sums = document.createElement("span");
    sums.className = "sums";
    sums.textContent = data._sums;
    this.gui.append(arrow, name, sums);
    this.gui.addEventListener("click", () => params.context.groups.toggle(params.node, params.api));
  }

  getGui() {
    return this.gui;
  }

  refresh() {
    return false;
  }
}
