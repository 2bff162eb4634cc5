// Where a card stands in its column: plain string order of `position`, then id.

function comparePlaces(positionA, idA, positionB, idB) {
  if (positionA !== positionB) return positionA < positionB ? -1 : 1;
  return idA - idB;
}

// Digits of a fraction strictly between two others; "" is the bottom (0) and null the top (1). Only for showing a move
// before the server has answered: the server decides the true position.
function between(low, high) {
  if (high !== null && low >= high) return low + "5";
  let digits = "";
  let bounded = high !== null;
  for (let i = 0; ; i += 1) {
    if (bounded && i > high.length) return low + "5"; // the two differ only in closing zeros
    const from = i < low.length ? Number(low[i]) : 0;
    const to = bounded ? (i < high.length ? Number(high[i]) : 0) : 10;
    if (to - from > 1) return digits + String(Math.floor((from + to) / 2));
    digits += String(from);
    if (from < to) bounded = false;
  }
}

function positionsBetween(low, high, count) {
  const positions = [];
  let below = low;
  for (let i = 0; i < count; i += 1) {
    below = between(below, high);
    positions.push(below);
  }
  return positions;
}

// The cards of a cell in order. `drawn` gives each listed card's position, so that one card is found in log n steps.
class Pile {
  constructor(drawn) {
    this.drawn = drawn;
    this.ids = [];
  }

  fill(ids) {
    const drawn = this.drawn;
    this.ids = ids.sort((a, b) => comparePlaces(drawn.get(a).position, a, drawn.get(b).position, b));
  }

  // The index of the card, or where it would stand.
  indexOf(id) {
    const position = this.drawn.get(id).position;
    let low = 0;
    let high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.ids[middle];
      if (comparePlaces(this.drawn.get(other).position, other, position, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(id) {
    this.ids.splice(this.indexOf(id), 0, id);
  }

  remove(id) {
    const index = this.indexOf(id);
    if (this.ids[index] === id) this.ids.splice(index, 1);
  }
}
