// The cards of one column, in chunks that the browser may skip as a whole: with thousands of cards it would otherwise
// look at each of them in every frame.

const CHUNK_CARDS = 40;
const CHUNK_MOST = 80;
const CARD_PIXELS = 69;

class CardChunks {
  constructor(list) {
    this.list = list; // begins with the drop line, which stays
  }

  // Puts exactly these elements into the list; leaves the page alone when they stand there already.
  fill(nodes) {
    const standing = this.list.querySelectorAll(".card");
    if (standing.length === nodes.length && nodes.every((node, index) => node === standing[index])) return;
    const scrolled = this.list.scrollTop;
    const chunks = [];
    for (let i = 0; i < nodes.length; i += CHUNK_CARDS) chunks.push(newChunk(nodes.slice(i, i + CHUNK_CARDS)));
    while (this.list.childElementCount > 1) this.list.lastElementChild.remove();
    this.list.append(...chunks);
    this.list.scrollTop = scrolled;
  }

  // Puts the element before `next`, or at the end when that is null.
  insert(node, next) {
    if (next ? cardBelow(node) === next : this.list.contains(node) && cardBelow(node) === null) return;
    const from = node.parentNode;
    let chunk = next ? next.parentNode : this.list.lastElementChild;
    if (!chunk.classList.contains("chunk")) this.list.append((chunk = newChunk([])));
    // moveBefore keeps focus and the state of the element; older browsers get the focus back afterwards
    if (node.isConnected && chunk.moveBefore) chunk.moveBefore(node, next);
    else chunk.insertBefore(node, next);
    if (chunk.childElementCount > CHUNK_MOST) this.split(chunk);
    settleChunk(chunk);
    if (from && from !== chunk) settleChunk(from);
  }

  // The half that is split off is the one without the focus, so that nothing is typed into the void.
  split(chunk) {
    const nodes = [...chunk.children];
    const active = chunk.getRootNode().activeElement;
    const half = nodes.length >> 1;
    const upper = nodes.slice(0, half);
    const upperHasFocus = upper.some((node) => node.contains(active));
    const other = newChunk(upperHasFocus ? nodes.slice(half) : upper);
    if (upperHasFocus) chunk.after(other);
    else chunk.before(other);
  }
}

function newChunk(nodes) {
  const chunk = document.createElement("div");
  chunk.className = "chunk";
  chunk.role = "presentation";
  chunk.append(...nodes);
  settleChunk(chunk);
  return chunk;
}

function removeCard(node) {
  const chunk = node.parentNode;
  node.remove();
  if (chunk) settleChunk(chunk);
}

// The height that a chunk takes while it is skipped, until it was on the screen once.
function settleChunk(chunk) {
  const count = chunk.childElementCount;
  if (count) chunk.style.containIntrinsicBlockSize = `auto ${count * CARD_PIXELS}px`;
  else chunk.remove();
}

function cardBelow(node) {
  return node.nextElementSibling ?? node.parentNode?.nextElementSibling?.firstElementChild ?? null;
}

function cardAbove(node) {
  const chunkAbove = node.parentNode?.previousElementSibling;
  return node.previousElementSibling ?? (chunkAbove?.classList.contains("chunk") ? chunkAbove.lastElementChild : null);
}
