// The search: a combobox whose list holds suggestions of the query syntax, what was found, and "show all".

const ASK_AFTER_MS = 80;
const ASK_AGAIN_AFTER_MS = 3000;

class Search {
  // `actions` has ask, open, findingAddress and showAll.
  constructor(root, actions) {
    this.node = root.querySelector(".search");
    this.box = root.querySelector(".box");
    this.panel = root.querySelector(".results");
    this.list = root.querySelector(".options");
    this.message = root.querySelector(".message");
    this.spoken = root.querySelector(".spoken");
    this.actions = actions;
    this.sequence = Date.now(); // a later page load of this browser never asks with a number of an earlier one
    this.asked = null; // {sequence, text, cursor} of the question that has no answer yet
    this.shown = null; // the text that the list is about
    this.options = [];
    this.active = -1;
    this.isCompleting = false; // the word is to be completed as soon as it is known how
    this.before = null; // what had the focus
    this.listen();
  }

  listen() {
    this.box.addEventListener("input", () => {
      this.isCompleting = false;
      this.askSoon();
    });
    this.box.addEventListener("focus", () => this.enter());
    this.box.addEventListener("blur", () => this.close());
    this.box.addEventListener("click", () => this.panel.hidden && this.enter());
    for (const type of ["keydown", "keypress", "keyup"]) {
      // Outside, the event seems to come from no field, and the app's own single keys would act on it.
      this.box.addEventListener(type, (event) => {
        if (type === "keydown") this.key(event);
        event.stopPropagation();
      });
    }
    this.panel.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      const node = event.target.closest('[role="option"]');
      if (node) this.pick(this.options.findIndex((option) => option.node === node), node.tagName === "A");
    });
  }

  // Asks nothing any more of what was typed until now.
  forget() {
    clearTimeout(this.timer);
    this.asked = null;
  }

  focus() {
    this.before = focusedNode();
    this.box.focus();
    this.box.select();
  }

  enter() {
    this.askSoon(0);
  }

  askSoon(wait = ASK_AFTER_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), wait);
  }

  ask(again = false) {
    if (this.asked && !again) return; // one question at a time; its answer asks the next one
    this.sequence += 1;
    this.asked = { sequence: this.sequence, text: this.box.value, cursor: this.box.selectionStart ?? this.box.value.length };
    this.actions.ask(this.asked);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(true), ASK_AGAIN_AFTER_MS);
  }

  take(answer) {
    if (!answer || answer.sequence !== this.asked?.sequence) return;
    const { text } = this.asked;
    this.asked = null;
    clearTimeout(this.timer);
    if (!this.hasFocus) return;
    if (text === this.box.value) this.draw(answer, text);
    else this.askSoon(0);
  }

  get hasFocus() {
    return this.box.getRootNode().activeElement === this.box;
  }

  draw(answer, text) {
    this.options = [];
    this.list.replaceChildren();
    this.shown = text;
    this.message.textContent = answer.message ?? "";
    this.message.hidden = !answer.message;
    this.group(text.trim() ? "Go on with" : "Begin with", answer.suggestions.map((one) => this.suggestion(one)));
    for (const group of answer.groups) {
      const more = group.total > group.found.length ? `${group.label} (${group.found.length} of ${group.total.toLocaleString()})` : group.label;
      this.group(more, group.found.map((one) => this.thing(one)), group.note);
    }
    if (text.trim()) this.group("", [this.everything(text.trim(), answer.groups.length === 0)]);
    this.activate(-1);
    this.open();
    const found = answer.groups.reduce((sum, group) => sum + group.found.length, 0);
    if (this.isCompleting) this.complete();
    this.isCompleting = false;
    this.spoken.textContent = `${answer.suggestions.length} suggestions, ${found} results`;
  }

  group(label, options, note) {
    if (!options.length) return;
    const node = made("div", "group");
    node.setAttribute("role", "group");
    if (label) {
      node.setAttribute("aria-label", label);
      const heading = made("div", "group-label", label);
      heading.setAttribute("role", "presentation");
      node.append(heading);
    }
    for (const option of options) {
      option.node.id = `option-${this.options.length}`;
      option.node.setAttribute("role", "option");
      option.node.setAttribute("aria-selected", "false");
      this.options.push(option);
      node.append(option.node);
    }
    if (note) node.append(made("p", "group-note", note));
    this.list.append(node);
  }

  suggestion(one) {
    const node = made("div", "option suggestion");
    node.append(made("code", "label", one.label), made("span", "note", one.note));
    return { node, suggestion: one };
  }

  thing(one) {
    const isCard = one.kind === "enhancement";
    const node = made(isCard ? "div" : "a", "option thing");
    if (!isCard) Object.assign(node, { href: this.actions.findingAddress(one.id), tabIndex: -1 });
    node.append(made("span", "number", isCard ? `#${one.id}` : "↗"), made("span", "title", one.title), made("span", "note", one.note));
    return { node, thing: one };
  }

  everything(text, nothing) {
    const node = made("div", "option all");
    node.append(made("span", "title", nothing ? `Nothing found. Show the board filtered by “${text}”` : `Show all for “${text}” on the board`), ...keyed(["Enter"]));
    return { node, text };
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = !this.panel.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !open) this.enter();
    else if (step) this.activate(this.active === -1 && step < 0 ? this.options.length - 1 : (this.active + step + this.options.length) % this.options.length);
    else if (event.key === "Enter") this.enterKey();
    else if (event.key === "Escape") this.escape();
    else if (event.key !== "Tab" || event.shiftKey || !this.complete()) return;
    event.preventDefault();
  }

  enterKey() {
    const text = this.box.value.trim();
    const number = /^#(\d{1,9})$/.exec(text);
    if (this.active >= 0 && !this.panel.hidden) this.pick(this.active, false);
    else if (number && Number(number[1]) > 0) this.leave(() => this.actions.open(Number(number[1])));
    else if (text) this.leave(() => this.actions.showAll(text));
  }

  escape() {
    if (this.panel.hidden) {
      this.box.value = "";
      this.box.blur();
      if (this.before?.isConnected) this.before.focus?.();
    } else {
      this.close();
    }
  }

  // Takes the suggestion that is chosen, or the first; returns whether there was one.
  complete() {
    if (!this.box.value.trim()) return false;
    if (this.shown !== this.box.value) {
      this.isCompleting = this.asked !== null || this.panel.hidden === false; // faster than the answer
      return this.isCompleting;
    }
    const at = this.active >= 0 ? this.active : 0;
    if (this.panel.hidden || !this.options[at]?.suggestion) return false;
    this.pick(at, false);
    return true;
  }

  pick(at, followed) {
    const option = this.options[at];
    if (!option) return;
    if (option.suggestion) this.write(option.suggestion);
    else if (option.text !== undefined) this.leave(() => this.actions.showAll(option.text));
    else if (option.thing.kind === "enhancement") this.leave(() => this.actions.open(option.thing.id));
    else if (!followed) option.node.click();
  }

  write({ start, end, text }) {
    const typed = this.shown ?? this.box.value;
    if (this.box.value !== typed) return; // the list is about an earlier text
    this.box.value = typed.slice(0, start) + text + typed.slice(end);
    this.box.setSelectionRange(start + text.length, start + text.length);
    this.box.focus();
    this.askSoon(0);
  }

  leave(then) {
    this.close();
    this.box.blur();
    then();
  }

  activate(at) {
    this.options[this.active]?.node.setAttribute("aria-selected", "false");
    this.active = at;
    const node = this.options[at]?.node;
    node?.setAttribute("aria-selected", "true");
    node?.scrollIntoView({ block: "nearest" });
    if (node) this.box.setAttribute("aria-activedescendant", node.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  open() {
    this.panel.hidden = this.options.length === 0 && this.message.hidden;
    this.box.setAttribute("aria-expanded", String(!this.panel.hidden));
  }

  close() {
    this.isCompleting = false;
    this.panel.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }
}
