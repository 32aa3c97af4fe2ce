// The floor of a room: its tiles, and the way from one to another.

const SIDES = [[1, 0], [0, 1], [-1, 0], [0, -1]];
const HIGHEST_STEP = 1;

export class Floor {
  constructor(plan) {
    this.rows = plan.split("\n").map((line) => [...line].map((each) => (each === "x" ? null : Number(each))));
  }

  // The height of a tile, or null where there is none.
  height(x, y) {
    return this.rows[y]?.[x] ?? null;
  }

  // Every tile, as `[x, y, height]`.
  *tiles() {
    for (const [y, row] of this.rows.entries()) {
      for (const [x, height] of row.entries()) if (height !== null) yield [x, y, height];
    }
  }

  allows([x, y], [toX, toY]) {
    const from = this.height(x, y), to = this.height(toX, toY);
    return from !== null && to !== null && Math.abs(from - to) <= HIGHEST_STEP;
  }

  // The shortest way to a tile, without the first; null where none leads there.
  path(from, to) {
    const key = ([x, y]) => `${x},${y}`;
    const before = new Map([[key(from), null]]);
    const open = [from];
    for (const tile of open) { // which grows meanwhile
      if (key(tile) === key(to)) return trace(before, tile, key);
      for (const [x, y] of SIDES) {
        const next = [tile[0] + x, tile[1] + y];
        if (before.has(key(next)) || !this.allows(tile, next)) continue;
        before.set(key(next), tile);
        open.push(next);
      }
    }
    return null;
  }
}

function trace(before, last, key) {
  const path = [];
  for (let tile = last; before.get(key(tile)) !== null; tile = before.get(key(tile))) path.unshift(tile);
  return path;
}
