// What one card looks like. Every text from outside goes through textContent.

const PRIORITY_LETTERS = { critical: "C", high: "H", medium: "M", low: "L" };
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86400;

function inWords(name) {
  const text = String(name ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function effortText(hours) {
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  if (hours <= 40) return `${Math.round(hours * 10) / 10} h`;
  return `${Math.round(hours / 4) / 10} wk`;
}

function ageText(entered, now) {
  const seconds = Math.max(0, now - entered);
  if (seconds < 60) return "now";
  if (seconds < HOUR_SECONDS) return `${Math.floor(seconds / 60)}m`;
  if (seconds < DAY_SECONDS) return `${Math.floor(seconds / HOUR_SECONDS)}h`;
  const days = Math.floor(seconds / DAY_SECONDS);
  if (days < 100) return `${days}d`;
  return days < 365 ? `${Math.floor(days / 30.4)}mo` : `${Math.floor(days / 365)}y`;
}

function initials(name) {
  const words = name.replace(/^[a-z]+:/, "").split(/[\s._@-]+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 2);
  return letters.toUpperCase();
}

function hueOf(name) {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return Math.abs(hash) % 360;
}

function addSpan(parent, className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  parent.append(span);
  return span;
}

// Writes a card into its element; the element itself and its button stay, so focus stays too. `view` knows what the
// person does not want to see, and what is asleep.
function fillCard(node, card, now, view) {
  const { hidden } = view;
  const mark = node.firstElementChild;
  const title = mark.nextElementSibling;
  const score = title.nextElementSibling;
  const meta = fillWaits(score, hidden.has("marks") ? [] : card.blocked_by);
  const facts = meta.firstElementChild;
  const asleep = card.status === "proposed" && view.isAsleep(card, now);
  node.classList.toggle("asleep", asleep);
  mark.dataset.priority = card.priority;
  mark.textContent = PRIORITY_LETTERS[card.priority] ?? "?";
  mark.ariaLabel = `${inWords(card.priority)} priority`;
  title.textContent = card.title;
  score.textContent = card.score === null || hidden.has("score") ? "" : String(Math.round(card.score));
  score.className = card.score_overridden ? "score by-hand" : "score";
  fillFacts(facts, card, hidden, asleep);
  facts.nextElementSibling.textContent = card.entered === null || hidden.has("age") ? "" : ageText(card.entered, now);
  fillAssignee(meta.lastElementChild, hidden.has("assignee") ? null : card.assignee);
  meta.nextElementSibling.ariaLabel = `Move “${card.title}”`;
}

// The line that says what a card waits for stands between score and facts, on the cards that wait; gives the facts' line.
function fillWaits(score, blockers) {
  let waits = score.nextElementSibling;
  const meta = waits.className === "waits" ? waits.nextElementSibling : waits;
  if (!blockers.length) {
    if (waits !== meta) waits.remove();
    return meta;
  }
  if (waits === meta) {
    waits = document.createElement("div");
    waits.className = "waits";
    meta.before(waits);
  }
  waits.textContent = blockedText(blockers, " +");
  return meta;
}

function blockedText(blockers, more = " and ") {
  const named = blockers.slice(0, 2).map((id) => `#${id}`).join(", ");
  return `Blocked by ${named}${blockers.length > 2 ? `${more}${blockers.length - 2}` : ""}`;
}

function snoozeText(card, now = Date.now() / 1000) {
  if ((card.snoozed_until ?? 0) > now) {
    return `Snoozed until ${new Date(card.snoozed_until * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" })}`;
  }
  return `Snoozed until #${card.snoozed_for} is done`;
}

function addFlag(facts, kind, text, words) {
  const flag = addSpan(facts, `flag ${kind}`, text);
  flag.title = words;
  flag.role = "img";
  flag.ariaLabel = words;
}

function fillFacts(facts, card, hidden, asleep) {
  facts.replaceChildren();
  if (!hidden.has("marks")) {
    if (asleep) addFlag(facts, "snoozed", "", snoozeText(card));
    if (card.votes) addFlag(facts, "votes", String(card.votes), card.votes === 1 ? "One vote" : `${card.votes} votes`);
    if (card.similar) addFlag(facts, "similar", String(card.similar), card.similar === 1 ? "One similar card" : `${card.similar} similar cards`);
  }
  if (card.category && !hidden.has("category")) addSpan(facts, "fact", inWords(card.category));
  if (card.hours !== null && !hidden.has("hours")) addSpan(facts, "fact effort", effortText(card.hours));
  if (card.area && !hidden.has("area")) addSpan(facts, "fact area", card.area);
  if (card.tags.length && !hidden.has("tags")) addSpan(facts, "fact tags", card.tags.join(", "));
}

function fillAssignee(who, name) {
  who.textContent = name ? initials(name) : "";
  who.title = name ?? "";
  who.hidden = !name;
  if (name) who.style.setProperty("--hue", hueOf(name));
}

// The line that a screen reader says for a focused card.
function cardInWords(card, where) {
  const parts = [card.title, card.priority];
  if (card.score !== null) parts.push(`score ${Math.round(card.score)}${card.score_overridden ? " set by hand" : ""}`);
  parts.push(`in ${where.label}, ${where.index} of ${where.count}`);
  if (where.lane) parts.push(`lane ${where.lane}`);
  if (card.blocked_by.length) parts.push(`b${blockedText(card.blocked_by, " and another ").slice(1)}`);
  if (where.asleep) parts.push(snoozeText(card).toLowerCase());
  if (card.votes) parts.push(card.votes === 1 ? "one vote" : `${card.votes} votes`);
  if (card.assignee) parts.push(`assigned to ${card.assignee}`);
  if (where.selected) parts.push("selected");
  if (where.waiting) parts.push("not saved yet");
  return parts.join(", ");
}

// What a mouse resting on a part of the card reads; made only then, because thousands of titles cost time.
function tooltipFor(part, card, store) {
  if (part.classList.contains("waits")) {
    const named = card.blocked_by.map((id) => `#${id} ${store.cards.get(id)?.title ?? ""}`.trimEnd());
    return `Blocked by\n${named.join("\n")}`;
  }
  if (part.classList.contains("tags")) return `Tags: ${card.tags.join(", ")}`;
  if (part.classList.contains("title")) {
    const tags = card.tags.length ? `\nTags: ${card.tags.join(", ")}` : "";
    return `#${card.id} ${card.title}${tags}`;
  }
  if (part.classList.contains("score")) return card.score_overridden ? "Score set by a person" : "Priority score, 0–100";
  if (part.classList.contains("mark")) return `${inWords(card.priority)} priority. Click to select (X)`;
  if (part.classList.contains("effort")) return `Estimated effort: ${card.hours} hours`;
  if (part.classList.contains("age")) return `In this column since ${new Date(card.entered * 1000).toLocaleString()}`;
  if (part.classList.contains("more")) return "Move to… (M)";
  return null;
}
