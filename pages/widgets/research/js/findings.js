// One finding in the list: what travels of it, and what it looks like. The order is the server's.

const FINDING_PIXELS = 78;
const SITE_MARKS = { reddit: "r/", github: "GH", arxiv: "aX", hacker_news: "HN", stack_overflow: "SO" };

function findingFrom([id, version, score, title, type, source, found, reason, uncertain, engagement, also, standing, url]) {
  return { id, version, score, title, type, source, found, reason, uncertain, engagement, also, standing, url };
}

class FindingRows extends ItemRows {
  constructor() {
    super(findingFrom, (a, b) => this.rankOf(a) - this.rankOf(b) || a.id - b.id);
    this.listed = []; // ids as the server ordered them
    this.listedIds = new Set();
    this.rank = new Map(); // id → its last known place in the server's order
  }

  takeOrder(ids) {
    this.listed = ids;
    this.listedIds = new Set(ids);
    ids.forEach((id, place) => this.rank.set(id, place));
  }

  rankOf(row) {
    return this.rank.get(row.id) ?? Infinity;
  }

  knows(id) {
    return this.listedIds.has(id) && this.rows.has(id);
  }

  // What is listed is in order already; only what a decision brought back has to find its place.
  arrange() {
    const shown = this.listed.filter((id) => this.rows.has(id) && !this.over.has(id));
    const back = [...this.over.values()].map(({ row }) => row).filter(Boolean).sort(this.compare);
    for (const row of back) {
      const place = shown.findIndex((id) => (this.rank.get(id) ?? Infinity) >= this.rankOf(row));
      shown.splice(place < 0 ? shown.length : place, 0, row.id);
    }
    this.order = shown;
    this.places = new Map(shown.map((id, place) => [id, place]));
  }

  // By how much the decisions without an answer change what the server counts.
  difference() {
    let difference = 0;
    for (const [id, { row }] of this.over) difference += Number(Boolean(row)) - Number(this.listedIds.has(id));
    return difference;
  }
}

// `since` is when this person was here last, in Unix seconds; null when never.
function findingFiller(view) {
  return (node, row) => {
    const [mark, title, score, facts, why] = node.children;
    mark.textContent = SITE_MARKS[row.type] ?? row.type.slice(0, 2);
    mark.ariaLabel = row.source;
    mark.title = `${row.source}. Click to select (X)`;
    title.textContent = row.title;
    score.textContent = scoreText(row);
    score.title = row.uncertain ? "Not sure about this one: your answer teaches the score" : "Relevance, 0–100";
    score.classList.toggle("unsure", row.uncertain);
    facts.replaceChildren();
    if (view.since !== null && row.found > view.since) addSpan(facts, "fact fresh", "New");
    if (row.standing) addSpan(facts, "fact standing", row.standing);
    addSpan(facts, "fact area", row.source);
    addSpan(facts, "fact", ageText(row.found, Date.now() / 1000));
    if (row.engagement) addSpan(facts, "fact", row.engagement);
    if (row.also.length) addSpan(facts, "fact also", `also on ${row.also.join(", ")}`);
    why.textContent = row.uncertain ? `Not sure about this one. ${row.reason ?? ""}` : (row.reason ?? "Not scored yet.");
  };
}

function scoreText(row) {
  if (row.score === null) return "–";
  return `${Math.round(row.score)}${row.uncertain ? "?" : ""}`;
}
