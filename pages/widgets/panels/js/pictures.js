// Two small pictures: how many have which status, and what was completed per day.

function drawStatuses(root, statuses) {
  const bar = root.querySelector(".bar");
  const legend = root.querySelector(".legend");
  const some = statuses.filter((one) => one.count);
  const words = some.map((one) => `${one.label} ${one.count}`).join(", ");
  bar.setAttribute("aria-label", words ? `Enhancements by status: ${words}` : "No enhancements yet");
  bar.replaceChildren(...some.map((one) => {
    const piece = document.createElement("span");
    piece.dataset.status = one.status;
    piece.style.flexGrow = one.count;
    piece.title = `${one.label}: ${one.count.toLocaleString("en")}`;
    return piece;
  }));
  legend.replaceChildren(...statuses.map((one) => {
    const entry = document.createElement("li");
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.dataset.status = one.status;
    dot.setAttribute("aria-hidden", "true");
    const label = document.createElement("span");
    label.textContent = one.label;
    const count = document.createElement("b");
    count.textContent = one.count.toLocaleString("en");
    entry.append(dot, label, count);
    return entry;
  }));
}

function drawPace(root, { days, last, before }) {
  const picture = root.querySelector(".days");
  const most = Math.max(1, ...days);
  picture.setAttribute("aria-label", `Completed per day, the last 14 days, oldest first: ${days.join(", ")}`);
  picture.replaceChildren(...days.map((count, index) => {
    const column = document.createElement("span");
    column.style.height = `${Math.max(6, Math.round((100 * count) / most))}%`;
    column.className = index < 7 ? "earlier" : "later";
    if (!count) column.classList.add("none");
    const age = days.length - 1 - index;
    column.title = `${count} completed ${age ? `${age} to ${age + 1} days ago` : "in the last 24 hours"}`;
    return column;
  }));
  const text = root.querySelector(".pace-text");
  const number = document.createElement("b");
  number.textContent = last.toLocaleString("en");
  const sign = last > before ? "↑" : last < before ? "↓" : "as many as";
  const compared = last === before ? `${sign} in the 7 days before` : `${sign} from ${before.toLocaleString("en")} in the 7 days before`;
  text.replaceChildren(number, ` completed in the last 7 days, ${compared}`);
}
