// The keys that work on every page. A page's own part that handles a key calls preventDefault.

const LETTER_WITHIN_MS = 1500;

class PageKeys {
  // `actions` has search, add, undo, sheet, go(page) and escape, which returns whether something was closed.
  constructor(root, actions) {
    this.hint = root.querySelector(".hint");
    this.actions = actions;
    this.pages = [];
    this.timer = null; // set while the letter after G is waited for
    this.isBusy = () => false; // whether a part of the header keeps the keys for itself
    this.onKey = (event) => this.key(event);
    // Before everybody else: "L" after "G" is a page, though a card that has the focus would move on.
    this.onLetter = (event) => this.timer && this.letter(event);
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("keydown", this.onLetter, true);
  }

  dispose() {
    this.stopWaiting();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("keydown", this.onLetter, true);
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing || this.isBusy()) return;
    if (event.key === "Escape") {
      if (this.actions.escape()) event.preventDefault();
      return;
    }
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isField(event.composedPath()[0]) || dialogIsOpen()) return;
    const action = this.actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  actionOf(event) {
    if (event.key === "/") return this.actions.search;
    if (event.key === "?") return this.actions.sheet;
    if (event.shiftKey) return undefined;
    return { g: () => this.wait(), n: this.actions.add, z: this.actions.undo }[event.key.toLowerCase()];
  }

  wait() {
    this.hint.replaceChildren(made("span", "", "Go to"));
    for (const page of this.pages) {
      const one = made("span", "page");
      one.append(...keyed([page.letter]), page.title);
      this.hint.append(one);
    }
    this.hint.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stopWaiting(), LETTER_WITHIN_MS);
  }

  stopWaiting() {
    clearTimeout(this.timer);
    this.timer = null;
    this.hint.hidden = true;
  }

  letter(event) {
    if (["Shift", "CapsLock"].includes(event.key)) return;
    this.stopWaiting();
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.composedPath()[0]) || dialogIsOpen()) return;
    const page = this.pages.find((each) => each.letter === event.key.toUpperCase());
    if (!page && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (page) this.actions.go(page);
  }
}
