// Keys of a list with one item beside it. They are heard before the page's own, so that nobody else acts on a key that
// meant something here.

const AFTER_G_MS = 1500;

class InboxKeys {
  // `inbox` is the controller; `deciding` has the decision of each key.
  constructor(inbox, deciding) {
    this.deciding = deciding;
    this.inbox = inbox;
    this.wentAt = 0; // when G was pressed: the letter after it names a page
    this.listener = (event) => this.hear(event);
    document.addEventListener("keydown", this.listener, true);
  }

  dispose() {
    document.removeEventListener("keydown", this.listener, true);
  }

  hear(event) {
    if (!this.inbox.root.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (isField(target) || aboveThePage(target) || this.inbox.form?.isOpen) return;
    if (this.inbox.chooser.isOpen) return this.insideChooser(event, target);
    if (this.wentAt && Date.now() - this.wentAt < AFTER_G_MS) {
      this.wentAt = 0;
      return undefined;
    }
    if (event.key === "g") {
      this.wentAt = Date.now();
      return undefined;
    }
    if (!this.act(event, target)) return undefined;
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  }

  // The panel hears its own keys where the focus is in it; otherwise it is given them.
  insideChooser(event, target) {
    if (this.inbox.chooser.node.contains(target)) return;
    this.inbox.chooser.key(event);
  }

  // Returns whether the key meant something.
  act(event, target) {
    const { inbox } = this;
    const onButton = target?.closest?.("button, a, summary") !== null && target?.closest?.("button, a, summary") !== undefined;
    const letter = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
    if (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(letter)) return this.deciding[letter] !== undefined || letter === "z";
    if (this.deciding[letter] !== undefined) return inbox.act(this.deciding[letter]);
    switch (letter) {
      case "z":
        return inbox.undo();
      case "j":
      case "ArrowDown":
        return inbox.step(1);
      case "k":
      case "ArrowUp":
        return inbox.step(-1);
      case "Home":
      case "End":
        return inbox.goTo(inbox.rows.at(letter === "Home" ? 0 : Infinity));
      case "x":
        return inbox.toggle(inbox.current);
      case "X":
        return inbox.range(inbox.current);
      case "Enter":
        return !onButton && inbox.act("open");
      case "Escape":
        return inbox.letGo();
      default:
        return false;
    }
  }
}

function isField(target) {
  return target?.closest?.("input, textarea, select, [contenteditable]") != null;
}

// A dialog keeps the keys for itself, wherever the focus is. The panel that asks one thing is no such dialog.
function aboveThePage(target) {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null || target?.closest?.('[role="dialog"]:not(.chooser)') != null;
}
