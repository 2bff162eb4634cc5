// The proposal at the right: what it is, why it scores so, what it waits for, what is similar, what happened to it.

const DECISIONS = [
  { key: "1", name: "approve", label: "Approve" },
  { key: "2", name: "merge", label: "Merge…" },
  { key: "3", name: "reject", label: "Reject…" },
  { key: "S", name: "snooze", label: "Snooze…" },
  { key: "A", name: "assign", label: "Assign…" },
  { key: "P", name: "priority", label: "Priority…" },
  { key: "Z", name: "undo", label: "Undo" },
  { key: "↵", name: "open", label: "Open" },
];

class InboxItem {
  // `actions` has act (name of a decision), open (an id) and back.
  constructor(root, actions, decisions = DECISIONS) {
    this.root = root;
    this.node = root.querySelector(".item");
    this.emptyNode = root.querySelector(".empty");
    this.bar = root.querySelector(".actions");
    this.actions = actions;
    for (const decision of decisions) this.addAction(decision);
    this.drawn = null; // {id, row, detail, gone}: what the pane shows
  }

  addAction({ key, name, label }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `action ${name}`;
    button.dataset.action = name;
    addSpan(button, "action-text", label);
    const cap = document.createElement("kbd");
    cap.textContent = key;
    cap.ariaHidden = "true";
    button.append(cap);
    button.ariaKeyShortcuts = key === "↵" ? "Enter" : key;
    button.onclick = () => this.actions.act(name);
    this.bar.append(button);
  }

  // `gone` says who decided it meanwhile, where somebody did.
  draw(row, detail, gone) {
    const now = { id: row.id, row, detail, gone };
    const before = this.drawn;
    if (before && before.id === now.id && before.row === row && before.detail === detail && before.gone === gone) return;
    const another = before?.id !== row.id;
    const scrolled = this.node.scrollTop;
    this.drawn = now;
    this.emptyNode.hidden = true;
    this.node.hidden = false;
    this.bar.hidden = false;
    this.node.dataset.id = String(row.id);
    this.node.dataset.loaded = String(Boolean(detail));
    this.node.replaceChildren(...this.parts(row, detail, gone));
    this.node.scrollTop = another ? 0 : scrolled;
  }

  drawEmpty(nodes) {
    this.drawn = null;
    this.node.hidden = true;
    this.node.dataset.id = "";
    this.bar.hidden = true;
    this.emptyNode.hidden = false;
    this.emptyNode.replaceChildren(...nodes);
  }

  parts(row, detail, gone) {
    const parts = [this.head(row)];
    if (gone) parts.push(withClass("p", "gone", gone));
    parts.push(withClass("h2", "item-title", row.title), facts(row, detail));
    if (!detail) return [...parts, withClass("p", "loading", "Loading what is known about it…")];
    if (detail.blocked_by.length) parts.push(this.links("Blocked by", detail.blocked_by.map((one) => ({ ...one, done: !one.open }))));
    if (detail.summary) parts.push(score(detail));
    if (detail.description.length) {
      const written = withClass("div", "written", "");
      written.append(treeNodes(detail.description));
      parts.push(written);
    } else {
      parts.push(withClass("p", "quiet", "It has no description."));
    }
    if (detail.candidates.length) parts.push(this.links("Similar", detail.candidates));
    if (detail.history.length) parts.push(history(detail.history));
    return parts;
  }

  head(row) {
    const head = withClass("div", "item-head", "");
    const back = withClass("button", "back", "‹ List");
    back.type = "button";
    back.onclick = () => this.actions.back();
    head.append(back, withClass("span", "item-number", `#${row.id}`));
    const mark = addSpan(head, "mark", PRIORITY_LETTERS[URGENCIES[row.urgency]]);
    mark.dataset.priority = URGENCIES[row.urgency];
    mark.ariaHidden = "true";
    addSpan(head, "item-priority", `${inWords(URGENCIES[row.urgency])} priority`);
    if (row.score !== null) addSpan(head, "item-score", `score ${Math.round(row.score)}`);
    addSpan(head, "item-assignee", row.assignee ? `assigned to ${row.assignee}` : "unassigned");
    return head;
  }

  links(title, items) {
    const section = withClass("section", "part", "");
    section.append(withClass("h3", "part-title", title));
    const list = withClass("ul", "linked", "");
    for (const one of items) {
      const line = document.createElement("li");
      const button = withClass("button", one.done ? "link done" : "link", `#${one.id} ${one.title}`);
      button.type = "button";
      button.onclick = () => this.actions.open(one.id);
      line.append(button);
      addSpan(line, "quiet", one.why ? `${one.status} · ${one.why}` : one.status);
      list.append(line);
    }
    section.append(list);
    return section;
  }
}

function facts(row, detail) {
  const list = withClass("dl", "item-facts", "");
  const told = detail ? detail.facts : [["Category", inWords(row.category)], ["Area", row.area]].filter(([, value]) => value);
  for (const [name, value] of told) list.append(fact(name, value));
  if (detail?.tags.length) list.append(fact("Tags", detail.tags.join(", ")));
  if (detail?.source_url) {
    const place = fact("From", isHarmless(detail.source_url) ? "" : detail.source_url);
    if (isHarmless(detail.source_url)) place.lastElementChild.append(treeElement({ t: "a", href: detail.source_url, c: [detail.source_url] }));
    list.append(place);
  }
  return list;
}

function score(detail) {
  const section = withClass("section", "part why", "");
  section.append(withClass("h3", "part-title", "Why this score"), withClass("p", "", detail.summary));
  if (!detail.reasons.length) return section;
  const more = document.createElement("details");
  more.append(withClass("summary", "quiet", "The parts that count most"));
  const list = withClass("ul", "reasons", "");
  for (const [name, points, said] of detail.reasons) {
    const line = document.createElement("li");
    addSpan(line, "reason-name", name);
    addSpan(line, "reason-points", `${points} points`);
    if (said) addSpan(line, "quiet", said);
    list.append(line);
  }
  more.append(list);
  section.append(more);
  return section;
}
