// Builds what the server made of somebody's markdown, node by node: only these elements, and every text as text.

const TREE_TAGS = new Set(
  "p br hr ul ol li strong em s code pre blockquote a h1 h2 h3 h4 h5 h6 table thead tbody tr th td".split(" "),
);
const TREE_SCHEMES = new Set(["http:", "https:", "mailto:"]);

function treeNodes(nodes) {
  const fragment = document.createDocumentFragment();
  for (const node of nodes) {
    if (typeof node === "string") fragment.append(document.createTextNode(node));
    else if (TREE_TAGS.has(node.t)) fragment.append(treeElement(node));
  }
  return fragment;
}

function treeElement(node) {
  // A heading in a proposal stands below the proposal's own.
  const tag = /^h[1-6]$/.test(node.t) ? `h${Math.min(6, Number(node.t[1]) + 2)}` : node.t;
  const element = document.createElement(tag);
  if (node.t === "a" && isHarmless(node.href)) {
    element.href = node.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer nofollow";
  }
  if (node.t === "ol" && Number.isSafeInteger(node.start)) element.start = node.start;
  element.append(treeNodes(node.c));
  return element;
}

function isHarmless(address) {
  try {
    return TREE_SCHEMES.has(new URL(address).protocol);
  } catch {
    return false;
  }
}
