// A small panel that asks one thing: options with a key each, and where it helps a field to type into.

const TYPING_PAUSE_MS = 150;

class Chooser {
  constructor(root, giveFocusBack) {
    this.root = root;
    this.node = root.querySelector(".chooser");
    this.giveFocusBack = giveFocusBack;
    this.question = null;
    this.options = [];
    this.at = 0; // the option that Enter chooses while one types
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.outside = (event) => {
      if (this.isOpen && !event.composedPath().some((node) => node === this.node || node.classList?.contains("actions"))) this.close();
    };
    document.addEventListener("pointerdown", this.outside, true);
  }

  get isOpen() {
    return this.question !== null;
  }

  dispose() {
    clearTimeout(this.timer);
    document.removeEventListener("pointerdown", this.outside, true);
  }

  // A question has title, options, and may have field {label, type, begin, typed(text), enter(text)} and note. An option
  // has label, choose, and may have key and detail; `name` tells questions apart.
  ask(question) {
    this.question = question;
    this.node.hidden = false;
    this.node.dataset.question = question.name;
    this.node.ariaLabel = question.title;
    this.node.replaceChildren(this.head(question.title));
    this.field = question.field ? this.addField(question.field) : null;
    this.list = withClass("div", "options", "");
    this.list.role = "listbox";
    this.list.ariaLabel = question.title;
    this.node.append(this.list);
    this.setOptions(question.options);
    if (question.note) this.node.append(withClass("p", "quiet", question.note));
    if (this.field && question.field.begin) this.field.focus();
    else this.list.querySelector("button")?.focus({ preventScroll: true });
    if (!this.node.contains(this.node.getRootNode().activeElement)) (this.field ?? this.node.querySelector("button")).focus();
  }

  head(title) {
    const head = withClass("div", "chooser-head", "");
    head.append(withClass("span", "chooser-title", title));
    const close = withClass("button", "chooser-close", "Esc");
    close.type = "button";
    close.ariaLabel = "Close";
    close.onclick = () => this.close();
    head.append(close);
    return head;
  }

  addField({ label, type, typed }) {
    const field = document.createElement("input");
    field.type = type ?? "text";
    field.placeholder = label;
    field.ariaLabel = label;
    field.maxLength = 500;
    field.autocomplete = "off";
    field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.isOpen && typed?.(this.typedText()), TYPING_PAUSE_MS);
    };
    this.node.append(field);
    return field;
  }

  setOptions(options, none) {
    this.options = options;
    this.at = 0;
    this.list.replaceChildren();
    options.forEach((option, place) => this.list.append(this.optionNode(option, place)));
    if (!options.length && none) this.list.append(withClass("p", "quiet", none));
  }

  optionNode(option, place) {
    const node = withClass("button", "option", "");
    node.type = "button";
    node.role = "option";
    node.ariaSelected = String(place === 0 && this.field !== null);
    const cap = withClass("kbd", "", option.key ?? "");
    cap.hidden = !option.key;
    node.append(cap);
    addSpan(node, "option-text", option.label);
    if (option.detail) addSpan(node, "option-detail", option.detail);
    if (option.key) node.ariaKeyShortcuts = option.key;
    node.onclick = () => this.choose(option);
    return node;
  }

  choose(option) {
    if (!option.keepsOpen) this.close();
    option.choose();
  }

  close() {
    if (!this.isOpen) return;
    clearTimeout(this.timer);
    this.question = null;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.giveFocusBack();
  }

  key(event) {
    if (!this.isOpen || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = this.field !== null && event.target === this.field;
    if (!this.handle(event, typing) && !typing) return;
    if (this.handled) event.preventDefault();
    event.stopPropagation();
  }

  handle(event, typing) {
    this.handled = true;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.close();
    else if (step) this.move(step, typing);
    else if (event.key === "Enter" && typing) this.enter();
    else if (!typing && this.byKey(event.key)) this.choose(this.byKey(event.key));
    else if (!typing && this.field && event.key.length === 1 && event.key !== " ") this.startTyping(event.key);
    else this.handled = false;
    return this.handled;
  }

  byKey(key) {
    return this.options.find((option) => option.key && option.key.toLowerCase() === key.toLowerCase());
  }

  startTyping(key) {
    this.field.focus();
    if (key === "/") return;
    if (this.field.type === "text") this.field.value += key;
    this.field.oninput();
  }

  move(step, typing) {
    const nodes = [...this.list.querySelectorAll("button")];
    if (!nodes.length) return;
    if (typing) this.at = (this.at + step + nodes.length) % nodes.length;
    else this.at = (Math.max(0, nodes.indexOf(this.node.getRootNode().activeElement)) + step + nodes.length) % nodes.length;
    nodes.forEach((node, place) => (node.ariaSelected = String(place === this.at)));
    if (!typing) nodes[this.at].focus();
    else nodes[this.at].scrollIntoView({ block: "nearest" });
  }

  // A slash only leads to the field, and is no part of what is looked for where the field had the focus already.
  typedText() {
    return this.field.value.trim().replace(/^\//, "");
  }

  enter() {
    const text = this.typedText();
    if (this.question.field.enter) this.question.field.enter(text, this.options[this.at] ?? null);
    else if (this.options[this.at]) this.choose(this.options[this.at]);
  }
}
