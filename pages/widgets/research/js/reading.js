// The reading view: what a finding says, why it is here, what is like it, what became of it. All of it is text.

const FINDING_DECISIONS = [
  { key: "1", name: "convert", label: "Convert…" },
  { key: "2", name: "attach", label: "Attach…" },
  { key: "3", name: "reject", label: "Reject…" },
  { key: "S", name: "snooze", label: "Snooze…" },
  { key: "M", name: "merge", label: "Same as…" },
  { key: "B", name: "reopen", label: "Back to the feed" },
  { key: "Z", name: "undo", label: "Undo" },
  { key: "O", name: "original", label: "Original ↗" },
];
const MEASURES = ["Relevance", "Novelty", "Applicability", "Difficulty"];

class FindingItem extends InboxItem {
  parts(row, detail, gone) {
    const parts = [this.head(row, detail)];
    if (gone) parts.push(withClass("p", "gone", gone));
    parts.push(withClass("h2", "item-title", row.title), this.original(row));
    if (!detail) return [...parts, this.why(row, null), withClass("p", "loading", "Loading what is known about it…")];
    if (detail.duplicate_of) parts.push(this.near("Repeats", [detail.duplicate_of], { split: row.id }));
    if (detail.summary) parts.push(withClass("p", "summary", detail.summary));
    if (detail.quote && detail.quote !== detail.summary) parts.push(withClass("blockquote", "quote", detail.quote));
    parts.push(this.why(row, detail));
    if (detail.became.length) parts.push(this.links("Became", detail.became));
    if (detail.duplicates.length) parts.push(this.near("Also seen on", detail.duplicates, { splitEach: true }));
    if (detail.related.length) parts.push(this.near("Speaks of the same", detail.related, { merge: row.id }));
    if (detail.candidates.length) parts.push(this.links("Open enhancements like it", detail.candidates));
    parts.push(...wholeText(detail), findingFacts(detail));
    if (detail.history.length) parts.push(history(detail.history));
    return parts;
  }

  head(row, detail) {
    const head = withClass("div", "item-head", "");
    const back = withClass("button", "back", "‹ List");
    back.type = "button";
    back.onclick = () => this.actions.back();
    head.append(back);
    addSpan(head, row.uncertain ? "item-score unsure" : "item-score", row.score === null ? "not scored" : `relevance ${Math.round(row.score)}`);
    if (row.uncertain) addSpan(head, "unsure-words", "Not sure about this one");
    addSpan(head, "item-source", row.source);
    if (detail?.byline) addSpan(head, "item-byline", detail.byline);
    if (row.engagement) addSpan(head, "item-engagement", row.engagement);
    if (row.standing) addSpan(head, "item-standing", row.standing);
    return head;
  }

  original(row) {
    const line = withClass("p", "address", "");
    if (isHarmless(row.url) && !row.url.startsWith("mailto:")) line.append(treeElement({ t: "a", href: row.url, c: [shortAddress(row.url)] }));
    else line.append(`It has no address to open: ${row.url.slice(0, 200)}`);
    return line;
  }

  why(row, detail) {
    const section = withClass("section", "part why", "");
    section.append(withClass("h3", "part-title", "Why this score"), withClass("p", "", row.reason ?? "It is not scored yet."));
    if (!detail) return section;
    const list = withClass("dl", "measures", "");
    detail.measures.forEach((value, place) => list.append(measure(MEASURES[place], value)));
    section.append(list);
    for (const [name, said] of detail.why) {
      const line = withClass("p", "because", "");
      addSpan(line, "because-name", name);
      line.append(` ${said}`);
      section.append(line);
    }
    if (detail.scored_by) section.append(withClass("p", "quiet", `Scored by ${detail.scored_by}.`));
    return section;
  }

  // Other findings, with the buttons that say whether they are the same.
  near(title, findings, { split, splitEach, merge }) {
    const section = withClass("section", "part", "");
    section.append(withClass("h3", "part-title", title));
    const list = withClass("ul", "linked", "");
    for (const one of findings) {
      const line = document.createElement("li");
      if (isHarmless(one.url)) line.append(treeElement({ t: "a", href: one.url, c: [one.title] }));
      else line.append(one.title);
      addSpan(line, "quiet", one.why);
      if (split) line.append(this.small("Not the same", () => this.actions.split(split)));
      if (splitEach) line.append(this.small("Not the same", () => this.actions.split(one.id)));
      if (merge) line.append(this.small("The same", () => this.actions.merge(one.id)));
      list.append(line);
    }
    section.append(list);
    return section;
  }

  small(text, then) {
    const button = withClass("button", "small", text);
    button.type = "button";
    button.onclick = then;
    return button;
  }
}

function measure(name, value) {
  const pair = fact(name, value === null ? "–" : String(Math.round(value)));
  const bar = withClass("span", "bar", "");
  bar.style.setProperty("--filled", `${value ?? 0}%`);
  bar.ariaHidden = "true";
  pair.append(bar);
  return pair;
}

function wholeText(detail) {
  if (!detail.text || detail.text === detail.quote) return [];
  const more = withClass("details", "part whole", "");
  more.append(withClass("summary", "quiet", "The whole text"), withClass("div", "whole-text", detail.text));
  return [more];
}

function findingFacts(detail) {
  const list = withClass("dl", "item-facts", "");
  for (const [name, value] of detail.facts) list.append(fact(name, value));
  return list;
}

// "https://github.com/owner/name" as people read it.
function shortAddress(url) {
  const { host, pathname } = new URL(url);
  const path = pathname === "/" ? "" : pathname;
  const whole = `${host.replace(/^www\./, "")}${path}`;
  return `${whole.length > 80 ? `${whole.slice(0, 79)}…` : whole} ↗`;
}
