// Pieces of the pane at the right. Every text from outside goes through textContent.

function withClass(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  return element;
}

function fact(name, value) {
  const pair = document.createElement("div");
  pair.append(withClass("dt", "", name), withClass("dd", "", value));
  return pair;
}

function history(entries) {
  const section = withClass("section", "part", "");
  section.append(withClass("h3", "part-title", "Lately"));
  const list = withClass("ul", "lately", "");
  for (const [actor, said, ago] of entries) {
    const line = document.createElement("li");
    addSpan(line, "who-did", actor);
    line.append(` ${said} `);
    addSpan(line, "quiet", ago);
    list.append(line);
  }
  section.append(list);
  return section;
}
