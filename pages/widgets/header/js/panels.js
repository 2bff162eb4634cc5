// What opens below the buttons: the notifications, and who I am. And the sheet of keys.

class Panel {
  constructor(button, panel) {
    this.button = button;
    this.panel = panel;
    button.addEventListener("click", () => this.toggle(this.panel.hidden));
    this.outside = (event) => {
      if (this.isOpen && !event.composedPath().some((node) => node === this.panel || node === this.button)) this.toggle(false);
    };
    document.addEventListener("pointerdown", this.outside, true);
    panel.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !panel.contains(event.relatedTarget) && event.relatedTarget !== button) this.toggle(false);
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle(open) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  // Returns whether it was open.
  escape() {
    if (!this.isOpen) return false;
    this.toggle(false);
    this.button.focus();
    return true;
  }

  dispose() {
    document.removeEventListener("pointerdown", this.outside, true);
  }
}

const NOTHING_YET = "Nothing concerns you yet. You hear here when something is assigned to you, when somebody mentions you, and when your work is commented on, decided, blocked or unblocked.";
const MOST_ON_BADGE = 99;

class Bell {
  // `read(ids, item, run)` marks as read (all with null) and opens the item or the run, if one is given.
  constructor(root, read) {
    this.button = root.querySelector(".bell");
    this.badge = root.querySelector(".badge");
    this.list = root.querySelector(".notices .list");
    this.empty = root.querySelector(".notices .empty");
    this.all = root.querySelector(".read-all");
    this.panel = new Panel(this.button, root.querySelector(".notices"));
    this.read = read;
    this.drawn = null;
    this.all.addEventListener("click", () => read(null, null, null));
    this.button.addEventListener("click", () => this.panel.isOpen && this.drawAges());
  }

  take(bell) {
    const text = JSON.stringify(bell);
    if (text === this.drawn) return;
    this.drawn = text;
    const count = bell.unread > MOST_ON_BADGE ? `${MOST_ON_BADGE}+` : String(bell.unread);
    this.badge.textContent = count;
    this.badge.hidden = bell.unread === 0;
    const name = bell.unread ? `What concerns me, ${bell.unread} unread` : "What concerns me";
    this.button.setAttribute("aria-label", name);
    this.button.title = name;
    this.all.hidden = bell.unread === 0;
    this.list.replaceChildren(...bell.items.map((item) => this.row(item)));
    this.list.hidden = bell.items.length === 0;
    this.empty.textContent = bell.problem ?? NOTHING_YET;
    this.empty.hidden = bell.items.length > 0;
  }

  row(item) {
    const row = made("div", "row");
    row.setAttribute("role", "listitem");
    const node = made("button", item.unread ? "notice unread" : "notice");
    node.type = "button";
    const words = made("span", "words");
    words.append(made("b", "", item.who), document.createTextNode(` ${item.what}`));
    const when = made("span", "when", ago(item.at));
    when.dataset.at = item.at;
    if (item.unread) words.append(made("span", "spoken", " (unread)"));
    node.append(made("span", "dot"), words, when);
    node.addEventListener("click", () => {
      if (item.item || item.run) this.panel.toggle(false);
      this.read([item.id], item.item, item.run);
    });
    row.append(node);
    return row;
  }

  drawAges() {
    for (const node of this.list.querySelectorAll(".when")) node.textContent = ago(Number(node.dataset.at));
  }
}

class Sheet {
  constructor(root) {
    this.node = root.querySelector(".sheet");
    this.pages = root.querySelector(".pages");
    for (const button of root.querySelectorAll(".help, .all-keys")) button.addEventListener("click", () => this.open());
    root.querySelector(".close").addEventListener("click", () => this.node.close());
    this.node.addEventListener("click", (event) => event.target === this.node && this.node.close()); // the ground around it
    this.node.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "?" && event.key !== "Escape") return;
      event.preventDefault();
      this.node.close(); // at once: the browser's own way comes after the next key
    });
  }

  get isOpen() {
    return this.node.open;
  }

  open() {
    if (!this.isOpen) this.node.showModal();
  }

  takePages(pages) {
    this.pages.replaceChildren();
    for (const page of pages) {
      const term = made("dt");
      term.append(...keyed(["G"]), " ", ...keyed([page.letter]));
      this.pages.append(term, made("dd", "", page.title));
    }
  }
}
