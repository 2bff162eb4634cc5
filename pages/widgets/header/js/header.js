// Ties the parts together and talks with the page.

const BOARD = "board";

class Header {
  constructor(parent) {
    this.root = parent.querySelector(".header");
    this.client = newClient();
    this.undos = 0;
    this.current = null;
    this.wish = null; // to see all, until the board is prepared for it
    this.search = new Search(this.root, {
      ask: (question) => this.trigger("search", question),
      open: (id) => this.send("open", { id }),
      findingAddress: (id) => addressOf("research", this.current, { focus: id }),
      showAll: (text) => this.showAll(text),
    });
    this.bell = new Bell(this.root, (ids, item, run) => this.send("read", { ids, item, run }));
    this.me = new Panel(this.root.querySelector(".who"), this.root.querySelector(".me"));
    this.sheet = new Sheet(this.root);
    this.keys = new PageKeys(this.root, {
      search: () => this.search.focus(),
      add: () => this.send("add", {}),
      undo: () => this.undo(),
      sheet: () => this.sheet.open(),
      go: (page) => this.go(page),
      escape: () => this.bell.panel.escape() || this.me.escape(),
    });
    this.keys.isBusy = () => this.sheet.isOpen;
    this.root.querySelector(".add").addEventListener("click", () => this.send("add", {}));
    this.root.querySelector(".undo").addEventListener("click", () => this.undo());
  }

  dispose() {
    this.search.forget();
    this.keys.dispose();
    this.bell.panel.dispose();
    this.me.dispose();
  }

  receive(data, trigger) {
    this.trigger = trigger;
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.root.dataset.ready = "true";
    this.current = data.current;
    const pages = JSON.stringify(data.pages);
    if (pages !== this.pagesDrawn) {
      this.pagesDrawn = pages;
      this.keys.pages = data.pages;
      this.sheet.takePages(data.pages);
    }
    this.takeWho(data.who);
    this.bell.take(data.bell);
    this.search.take(data.answer);
    this.takePrepared(data.prepared);
  }

  takeWho(name) {
    if (this.who === name) return;
    this.who = name;
    this.root.querySelector(".initials").textContent = initialsOf(name);
    this.root.querySelector(".name").textContent = name;
    this.root.querySelector(".full-name").textContent = name;
    const button = this.root.querySelector(".who");
    button.title = name;
    button.setAttribute("aria-label", `You are ${name}`);
  }

  // The same request twice is two requests.
  send(name, request) {
    this.trigger(name, { ...request, nonce: Date.now() });
  }

  undo() {
    this.undos += 1;
    this.trigger("undo", { client: this.client, count: this.undos });
  }

  showAll(text) {
    this.wish = { sequence: Date.now(), text };
    this.trigger("show_all", this.wish);
  }

  // What is sent while the page changes would reach the server under the old page's name: first the one, then the other.
  takePrepared(sequence) {
    if (!this.wish || this.wish.sequence !== sequence) return;
    const { text } = this.wish;
    this.wish = null;
    this.go(this.keys.pages.find((page) => page.path === BOARD), { q: text });
  }

  // By the bar's own link, which is there also where the bar is too narrow to show it. On a phone there may be none:
  // then by a new load of the page, with what the address should say.
  go(page, query = {}) {
    if (page.path === this.current) return;
    const links = [...document.querySelectorAll('[data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"]')];
    const link = links.find((each) => pathOf(each.href) === page.path);
    this.search.forget();
    if (link) link.click();
    else location.assign(addressOf(page.path, this.current, query));
  }
}

function pathOf(address) {
  return new URL(address, document.baseURI).pathname.split("/").filter(Boolean).at(-1) ?? "";
}

// Relative to where the app stands, which need not be the root of its host.
function addressOf(path, current, query) {
  const base = location.pathname.replace(/\/$/, "");
  const root = current && base.endsWith(`/${current}`) ? base.slice(0, -current.length - 1) : base;
  return `${root}/${path}?${new URLSearchParams(query)}`;
}

function isDark(root) {
  const [red, green, blue] = getComputedStyle(root).color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128;
}

const headers = new WeakMap(); // the element that Streamlit gives → its Header
const utf8 = new TextDecoder();

export default function header(component) {
  const { parentElement, setTriggerValue } = component;
  let shown = headers.get(parentElement);
  if (!shown || !shown.root.isConnected) {
    shown?.dispose();
    shown = new Header(parentElement);
    headers.set(parentElement, shown);
  }
  shown.receive(JSON.parse(utf8.decode(component.data)), setTriggerValue);
  // Streamlit may call this while the header is still on the page (a newer message overtook this one)
  return () => setTimeout(() => {
    if (parentElement.isConnected) return;
    shown.dispose();
    headers.delete(parentElement);
  });
}
