// "Move to…": the way for keys, screen readers and fingers.

class MoveMenu {
  // `choose(ids, status, where)` carries the move out, `where` being "top" or "bottom".
  constructor(view, store, itemTemplate, choose) {
    this.view = view;
    this.store = store;
    this.template = itemTemplate;
    this.choose = choose;
    this.node = view.root.querySelector(".menu");
    this.ids = null;
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.outside = (event) => {
      if (this.isOpen && !event.composedPath().includes(this.node)) this.close(false);
    };
    document.addEventListener("pointerdown", this.outside, true);
  }

  get isOpen() {
    return this.ids !== null;
  }

  dispose() {
    document.removeEventListener("pointerdown", this.outside, true);
  }

  // `anchor` is the element that it opens at; the focus goes back there.
  open(ids, anchor) {
    const id = ids[0];
    this.ids = ids;
    this.anchor = anchor;
    this.node.replaceChildren();
    const heading = ids.length === 1 ? this.store.cards.get(id).title : `${ids.length} cards`;
    addSpan(this.node, "menu-title", heading);
    this.node.ariaLabel = `Move ${heading}`;
    const own = ids.every((each) => this.store.statusOf(each) === this.store.statusOf(id)) ? this.store.statusOf(id) : null;
    let key = 0;
    for (const column of this.store.columns) {
      if (column.status === own || !ids.every((each) => this.store.mayGo(each, column.status))) continue;
      key += 1;
      this.addItem(column.label, column.status, "top", key <= 9 ? String(key) : "");
    }
    if (!key) addSpan(this.node, "menu-none", "No other column is allowed from here");
    if (own !== null && !this.store.isByArrival(own)) {
      this.addItem(`Top of ${this.store.labelOf(own)}`, own, "top", "T");
      this.addItem(`Bottom of ${this.store.labelOf(own)}`, own, "bottom", "B");
    }
    this.show(anchor);
    this.items()[0]?.focus();
  }

  addItem(label, status, where, key) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.dataset.status = status;
    item.dataset.key = key.toLowerCase();
    item.querySelector(".item-text").textContent = label;
    item.querySelector(".item-key").textContent = key;
    item.onclick = () => {
      const ids = this.ids;
      this.close(true);
      this.choose(ids, status, where);
    };
    this.node.append(item);
  }

  items() {
    return [...this.node.querySelectorAll(".item")];
  }

  show(at) {
    this.node.showPopover?.();
    this.node.classList.add("open");
    const anchor = at.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const left = Math.min(Math.max(8, anchor.right - width), innerWidth - width - 8);
    const below = anchor.bottom + 4;
    const top = below + height <= innerHeight - 8 ? below : Math.max(8, anchor.top - height - 4);
    this.node.style.left = `${left}px`;
    this.node.style.top = `${top}px`;
  }

  close(giveFocusBack) {
    if (!this.isOpen) return;
    this.ids = null;
    this.node.classList.remove("open");
    this.node.hidePopover?.();
    this.node.replaceChildren();
    if (!giveFocusBack) return;
    const card = this.anchor.closest(".card");
    if (card) this.view.focus(this.view.idOf.get(card));
    else this.anchor.focus();
  }

  key(event) {
    const items = this.items();
    const at = items.indexOf(this.view.root.getRootNode().activeElement);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length]?.focus();
    else if (event.key === "Home") items[0]?.focus();
    else if (event.key === "End") items[items.length - 1]?.focus();
    else if (event.key === "Escape" || event.key === "Tab" || event.key === "m") this.close(true);
    else if (event.key === "Enter" || event.key === " ") items[at]?.click();
    else items.find((item) => item.dataset.key && item.dataset.key === event.key.toLowerCase())?.click();
    event.preventDefault();
    event.stopPropagation();
  }
}
