// Blocks of lines: every text goes in as a text, and a line is a link to the place that it tells of.

const PRIORITIES = { critical: "Critical", high: "High", medium: "", low: "" };
const MINUTE = 60, HOUR = 3600, DAY = 86400;

function ago(seconds) {
  const age = Math.max(0, Date.now() / 1000 - seconds);
  if (age < MINUTE) return "now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h`;
  return `${Math.floor(age / DAY)} d`;
}

function addressOf(line) {
  if (line.item !== null) return `?item=${line.item}`;
  if (line.page !== null) return pageAddress(line.page);
  return line.url;
}

// The app may live below a path of a proxy; the bar's own links know where.
function pageAddress(page) {
  const base = location.pathname.replace(/[^/]*$/, "");
  return `${base}${page}`;
}

class Parts {
  constructor(parent) {
    this.templates = Object.fromEntries(
      ["block", "line", "glance"].map((name) => [name, parent.querySelector(`.${name}-template`).content]),
    );
  }

  clone(name) {
    return this.templates[name].firstElementChild.cloneNode(true);
  }

  block(block, titled) {
    const node = this.clone("block");
    const part = (name) => node.querySelector(`.${name}`);
    node.dataset.key = block.key;
    let all = part("all");
    if (block.page !== null && block.lines.length && block.lines.length < block.total) {
      link(all, pageAddress(block.page), { page: block.page });
      all.setAttribute("aria-label", `Show all: ${block.title}`);
    } else {
      all.remove();
      all = null;
    }
    if (titled) {
      part("block-title").textContent = block.title;
      part("count").textContent = block.total ? block.total.toLocaleString("en") : "";
    } else node.querySelector("h3").remove();
    part("lines").append(...block.lines.map((line, index) => this.line(line, `${block.key}/${line.item ?? index}`)));
    if (!block.lines.length) part("lines").remove();
    const more = part("more");
    fill(more, block.more.map((text) => `… ${text}`).join(" · "));
    if (!titled && all) more.append(" · ", all);
    this.hint(node, block.hint);
    return node;
  }

  hint(node, hint) {
    const paragraph = node.querySelector(".hint");
    const command = node.querySelector(".command");
    if (!hint) {
      paragraph.remove();
      command.remove();
      return;
    }
    paragraph.querySelector(".hint-text").textContent = hint.text;
    const step = paragraph.querySelector(".step");
    if (hint.page !== null) {
      step.textContent = hint.label || "Open it";
      link(step, pageAddress(hint.page), { page: hint.page });
    } else step.remove();
    fill(command, hint.command ?? "");
  }

  line(line, key) {
    const node = this.clone("line");
    const part = (name) => node.querySelector(`.${name}`);
    const address = addressOf(line);
    const name = part("name");
    name.textContent = line.text;
    if (line.item !== null && !line.text.includes(`#${line.item}`)) {
      const number = document.createElement("span");
      number.className = "number";
      number.textContent = `#${line.item} `;
      name.prepend(number);
    }
    if (address !== null) {
      const anchor = document.createElement("a");
      anchor.className = "go";
      anchor.dataset.key = key;
      name.replaceWith(anchor);
      anchor.append(name);
      link(anchor, address, line.item !== null ? { item: line.item } : line.page !== null ? { page: line.page } : null);
    }
    const dot = part("dot");
    if (line.status) {
      dot.dataset.status = line.status;
      dot.title = line.status_label;
    } else dot.classList.add("none");
    fill(part("note"), line.note);
    fill(part("priority"), PRIORITIES[line.priority] ?? "");
    if (line.priority) part("priority")?.setAttribute("data-priority", line.priority);
    const score = line.score === null ? "" : Math.round(line.score).toString();
    fill(part("score"), score);
    if (score) part("score").title = `Score ${score} of 100`;
    const read = part("read");
    if (line.notification === null) read.remove();
    else {
      read.dataset.key = `read/${line.notification}`;
      read.setAttribute("aria-label", `Mark as read: ${line.text}`);
      read.notification = line.notification;
    }
    const time = node.querySelector("time");
    if (line.at === null) time.remove();
    else {
      const moment = new Date(line.at * 1000);
      time.textContent = ago(line.at);
      time.dateTime = moment.toISOString();
      time.title = moment.toLocaleString();
    }
    return node;
  }
}

function fill(node, text) {
  if (text) node.textContent = text;
  else node.remove();
}

// `request` is what the page can do without a new load; without one the link leads out of the app.
function link(anchor, address, request) {
  anchor.href = address;
  if (request) anchor.request = request;
  else {
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
  }
}
