// A field to write a comment in: it knows the people, keeps what is not sent yet in the browser, and sends it once.

const RESEND_AFTER_MS = 5000;
const MOST_SUGGESTED = 6;
// An @ that could begin a mention, and what was typed behind it, up to the caret.
const BEGUN = /(?:^|[^\w@/])@"?([^@"\n]{0,40})$/;

class Composer {
  constructor(parent) {
    this.parent = parent;
    this.root = parent.querySelector(".composer");
    this.text = parent.querySelector(".text");
    this.people = parent.querySelector(".people");
    this.sendButton = parent.querySelector(".send");
    this.cancelButton = parent.querySelector(".cancel");
    this.template = parent.querySelector(".person-template");
    this.suggested = [];
    this.chosen = 0;
    this.waiting = null; // the id of what was sent and has no answer
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("click", () => this.suggest());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => setTimeout(() => this.closePeople(), 150));
    this.sendButton.addEventListener("click", () => this.send());
    this.cancelButton.addEventListener("click", () => this.cancel());
  }

  receive(data, trigger) {
    const first = !this.data;
    this.data = data;
    this.trigger = trigger;
    if (first) this.begin();
    this.text.setAttribute("aria-label", data.label);
    this.text.placeholder = data.placeholder;
    this.sendButton.textContent = data.send_label;
    this.cancelButton.hidden = !data.cancellable;
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    if (data.answered && data.answered.id === this.waiting) this.answered(data.answered.problem);
  }

  // What was written and not sent outlives the closed drawer and the reload.
  begin() {
    const kept = this.kept();
    this.id = kept?.id ?? newId();
    this.text.value = kept?.text ?? this.data.text;
    if (this.data.focus) {
      this.text.focus();
      this.text.setSelectionRange(this.text.value.length, this.text.value.length);
    }
    this.showState();
  }

  get storageKey() {
    return `magnus:draft:${this.data.draft}`;
  }

  kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.storageKey));
      return typeof kept?.text === "string" && typeof kept?.id === "string" ? kept : null;
    } catch {
      return null;
    }
  }

  keep() {
    try {
      if (this.text.value === this.data.text) localStorage.removeItem(this.storageKey);
      else localStorage.setItem(this.storageKey, JSON.stringify({ id: this.id, text: this.text.value }));
    } catch (error) {
      console.warn("composer: this browser cannot keep a draft", error);
    }
  }

  typed() {
    this.id = newId(); // another text is another comment
    this.keep();
    this.problem(null);
    this.suggest();
    this.showState();
  }

  showState() {
    const waiting = this.waiting !== null;
    this.root.dataset.sending = String(waiting);
    this.text.readOnly = waiting;
    this.sendButton.disabled = waiting || !this.text.value.trim();
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.send();
      return;
    }
    if (this.people.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose((this.chosen + step + this.suggested.length) % this.suggested.length);
    else if (event.key === "Enter" || event.key === "Tab") this.insert(this.suggested[this.chosen]);
    else if (event.key === "Escape") this.closePeople();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Who could be meant by what stands before the caret.
  suggest() {
    const begun = BEGUN.exec(this.text.value.slice(0, this.text.selectionStart));
    if (!begun || this.text.readOnly) {
      this.closePeople();
      return;
    }
    const typed = begun[1].toLowerCase();
    const fits = (name) => name.startsWith(typed) || name.split(/[\s._-]+/).some((part) => part.startsWith(typed));
    this.suggested = this.data.people.filter((person) => fits(person.name.toLowerCase())).slice(0, MOST_SUGGESTED);
    this.begunAt = this.text.selectionStart - begun[1].length;
    if (!this.suggested.length) {
      this.closePeople();
      return;
    }
    this.people.replaceChildren(...this.suggested.map((person, place) => this.option(person, place)));
    this.people.hidden = false;
    const below = innerHeight - this.text.getBoundingClientRect().bottom;
    this.people.classList.toggle("above", below < this.people.offsetHeight + 12);
    this.choose(0);
  }

  option(person, place) {
    const node = this.template.content.firstElementChild.cloneNode(true);
    node.textContent = person.name;
    node.id = `person-${place}`;
    node.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      this.insert(person);
    });
    return node;
  }

  choose(place) {
    this.chosen = place;
    [...this.people.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === place)));
    this.text.setAttribute("aria-activedescendant", `person-${place}`);
    this.say(this.suggested[place].name);
  }

  insert(person) {
    const caret = this.text.selectionStart;
    const start = this.text.value.lastIndexOf("@", this.begunAt);
    this.text.setRangeText(`${person.written} `, start, caret, "end");
    this.closePeople();
    this.id = newId();
    this.keep();
    this.showState();
  }

  closePeople() {
    this.people.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  send() {
    if (this.waiting !== null || !this.text.value.trim()) return;
    this.waiting = this.id;
    this.closePeople();
    this.problem(null);
    this.showState();
    this.transmit();
  }

  transmit() {
    if (this.waiting === null || !this.root.isConnected) return;
    this.trigger("send", { id: this.waiting, text: this.text.value });
    setTimeout(() => this.transmit(), RESEND_AFTER_MS);
  }

  answered(problem) {
    this.waiting = null;
    this.id = newId();
    this.problem(problem);
    if (!problem) {
      this.text.value = this.data.text = "";
      this.say("Sent");
    }
    this.keep();
    this.showState();
  }

  cancel() {
    this.text.value = this.data.text;
    this.keep();
    this.trigger("cancel", { id: newId() });
  }

  problem(text) {
    const node = this.parent.querySelector(".problem");
    node.hidden = !text;
    node.textContent = text ?? "";
  }

  say(text) {
    this.parent.querySelector(".spoken").textContent = text;
  }
}

function isDark(root) {
  const [red, green, blue] = getComputedStyle(root).color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128;
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const composers = new WeakMap();

export default function composer(component) {
  const { parentElement, data, setTriggerValue } = component;
  let one = composers.get(parentElement);
  if (!one || !one.root.isConnected) {
    one = new Composer(parentElement);
    composers.set(parentElement, one);
  }
  one.receive(data, setTriggerValue);
}
