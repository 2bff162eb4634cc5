// One proposal in the list: what travels of it, its place, and what it looks like.

const URGENCIES = ["critical", "high", "medium", "low"];

function rowFrom([id, version, urgency, score, title, area, category, assignee, blocked, similar]) {
  return { id, version, urgency, score, title, area, category, assignee, blocked, similar };
}

function compareRows(a, b) {
  if (a.urgency !== b.urgency) return a.urgency - b.urgency;
  const scores = (b.score ?? -Infinity) - (a.score ?? -Infinity);
  return scores && !Number.isNaN(scores) ? scores : a.id - b.id;
}

const PROPOSAL_PIXELS = 54;

function fillRow(node, row) {
  const [mark, title, score, facts] = node.children;
  const urgency = URGENCIES[row.urgency];
  mark.dataset.priority = urgency;
  mark.textContent = PRIORITY_LETTERS[urgency];
  mark.ariaLabel = `${inWords(urgency)} priority`;
  mark.title = `${inWords(urgency)} priority. Click to select (X)`;
  title.textContent = row.title;
  score.textContent = row.score === null ? "" : String(Math.round(row.score));
  facts.replaceChildren();
  addSpan(facts, "fact number", `#${row.id}`);
  if (row.blocked) addSpan(facts, "fact blocked", `blocked by ${row.blocked}`);
  if (row.similar) addSpan(facts, "fact similar", `${row.similar} similar`);
  if (row.category) addSpan(facts, "fact", inWords(row.category));
  if (row.area) addSpan(facts, "fact area", row.area);
  if (row.assignee) addSpan(facts, "fact", row.assignee);
}
