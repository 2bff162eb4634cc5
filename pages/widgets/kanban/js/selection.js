// The bar that appears when cards are selected: how many, and what can be done with all of them.

class SelectionBar {
  // `actions` has edit(ids), menu(id, ids, anchor) and cleared().
  constructor(view, store, actions) {
    this.view = view;
    this.store = store;
    this.actions = actions;
    this.node = view.root.querySelector(".selection");
    this.count = this.node.querySelector(".selection-count");
    const button = (name) => this.node.querySelector(`.selection-${name}`);
    button("edit").onclick = () => this.actions.edit(this.ids());
    button("move").onclick = (event) => this.actions.menu(this.ids(), event.currentTarget);
    button("clear").onclick = () => this.actions.cleared();
    this.moveButton = button("move");
    view.onSelection = () => this.draw();
  }

  ids() {
    return inBoardOrder(this.view, this.store);
  }

  draw() {
    const count = this.view.selected.size;
    this.node.hidden = count === 0;
    this.count.textContent = count === 1 ? "1 selected" : `${count} selected`;
    this.moveButton.hidden = this.view.readOnly;
  }
}
