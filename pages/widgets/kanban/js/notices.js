// What a component tells the person: toasts for what went wrong, a pill for what is not saved, and a voice for both.

const TOAST_MS = 9000;
const MOST_TOASTS = 4;
const SAVING_SHOWN_AFTER_MS = 600;

class Notices {
  // `thing` names one of what is saved: "move".
  constructor(root, toastTemplate, thing) {
    this.root = root;
    this.thing = thing;
    this.template = toastTemplate;
    this.toasts = root.querySelector(".toasts");
    this.spoken = root.querySelector(".spoken");
    this.saving = root.querySelector(".saving");
    this.savingText = root.querySelector(".saving-text");
    this.bannerNode = root.querySelector(".banner");
    this.savingTimer = null;
  }

  banner(text) {
    this.bannerNode.hidden = !text;
    if (this.bannerNode.textContent !== (text ?? "")) this.bannerNode.textContent = text ?? "";
  }

  // The closing space makes a screen reader say the same line again.
  say(text) {
    this.spoken.textContent = this.spoken.textContent === text ? `${text}\u00a0` : text;
  }

  // A message that names a card; `show` brings the card into view, or does what `label` says.
  toast(text, show, label = "Show card") {
    const node = this.template.content.firstElementChild.cloneNode(true);
    node.querySelector(".toast-text").textContent = text;
    const showButton = node.querySelector(".toast-show");
    showButton.hidden = !show;
    showButton.textContent = label;
    showButton.onclick = () => {
      node.remove();
      show();
    };
    node.querySelector(".toast-close").onclick = () => node.remove();
    for (const other of [...this.toasts.children]) {
      if (other.querySelector(".toast-text").textContent === text) other.remove();
    }
    while (this.toasts.childElementCount >= MOST_TOASTS) this.toasts.firstElementChild.remove();
    this.toasts.append(node);
    let timer = setTimeout(() => node.remove(), TOAST_MS);
    node.onpointerenter = () => clearTimeout(timer);
    node.onpointerleave = () => {
      timer = setTimeout(() => node.remove(), TOAST_MS);
    };
  }

  // `waiting` operations have no answer; `late` means that the server or the line to it may be gone.
  savingState({ waiting, late }) {
    this.root.dataset.waiting = String(waiting);
    if (waiting && !late && this.saving.hidden) {
      this.savingTimer ??= setTimeout(() => this.showSaving(), SAVING_SHOWN_AFTER_MS);
      this.pendingText = "Saving…";
      return;
    }
    if (!waiting) {
      clearTimeout(this.savingTimer);
      this.savingTimer = null;
      this.saving.hidden = true;
      return;
    }
    const things = `${waiting} ${this.thing}${waiting === 1 ? "" : "s"}`;
    this.pendingText = late ? `${things} not saved yet. Trying again…` : "Saving…";
    this.saving.classList.toggle("late", late);
    this.showSaving();
  }

  showSaving() {
    this.savingTimer = null;
    this.savingText.textContent = this.pendingText;
    this.saving.hidden = false;
  }
}
