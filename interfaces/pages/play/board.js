// The board: draws what a game's state says, and tells which column somebody chose.

const COLUMNS = 7;
const ROWS = 6;
const DISCS = { 1: "first", 2: "second" };

export class Board {
  #columns = [];
  #rows = Array(ROWS).fill(".".repeat(COLUMNS));
  #mine = false;

  constructor(place, choose) {
    this.place = place;
    for (let column = 0; column < COLUMNS; column++) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "column";
      button.tabIndex = column === 3 ? 0 : -1; // one stop of the Tab key; arrows go on from there
      for (let row = 0; row < ROWS; row++) button.append(cell());
      button.addEventListener("click", () => choose(column));
      this.#columns.push(button);
    }
    place.replaceChildren(...this.#columns);
    place.addEventListener("keydown", (event) => this.#key(event, choose));
    this.show({});
  }

  // Draws rows of `.`, `1` and `2` from the top. `line` are the winning cells, `last` the cell that
  // was filled last, `mine` says that a column may be chosen, `names` who "1" and "2" are.
  show({ rows = Array(ROWS).fill(".".repeat(COLUMNS)), line = null, last = null, mine = false, over = false, names = {} }) {
    const before = this.#rows;
    const more = discs(rows) === discs(before) + 1; // one that falls; everything else is just there
    this.#rows = rows;
    this.#mine = mine;
    this.place.classList.toggle("mine", mine);
    this.place.classList.toggle("over", over && !!line);
    this.place.style.setProperty("--mover", `var(--${discs(rows) % 2 ? "one" : "two"})`);
    const won = new Set((line ?? []).map(([column, row]) => row * COLUMNS + column));
    this.#columns.forEach((button, column) => {
      const free = rows[0][column] === ".";
      const height = rows.filter((row) => row[column] !== ".").length;
      button.classList.toggle("free", free);
      button.setAttribute("aria-disabled", !(mine && free));
      button.setAttribute("aria-label", described(rows, column, names));
      [...button.children].forEach((each, row) => {
        const disc = rows[row][column];
        const changed = before[row][column] !== disc;
        if (changed || (disc === ".") !== !each.firstChild) each.replaceChildren(...(disc === "." ? [] : [drawn(disc)]));
        each.classList.toggle("next", free && row === ROWS - 1 - height);
        each.classList.toggle("in-line", won.has(row * COLUMNS + column));
        each.firstChild?.classList.toggle("won", won.has(row * COLUMNS + column));
        each.firstChild?.classList.toggle("last", last?.[0] === column && last?.[1] === row);
        if (changed && more && disc !== ".") {
          each.firstChild.style.setProperty("--rows", row);
          each.firstChild.classList.add("falls");
        }
      });
    });
  }

  // The cell of the one disc that `rows` has more than what is drawn; null where it is not one.
  added(rows) {
    if (discs(rows) !== discs(this.#rows) + 1) return null;
    for (let row = 0; row < ROWS; row++)
      for (let column = 0; column < COLUMNS; column++)
        if (rows[row][column] !== "." && this.#rows[row][column] === ".") return [column, row];
    return null;
  }

  #key(event, choose) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#columns.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: COLUMNS - 1 }[event.key];
    if (to !== undefined) this.#go(Math.min(Math.max(to, 0), COLUMNS - 1));
    else if (/^[1-7]$/.test(event.key)) {
      this.#go(event.key - 1);
      choose(event.key - 1);
    } else return;
    event.preventDefault();
  }

  #go(column) {
    for (const each of this.#columns) each.tabIndex = -1;
    this.#columns[column].tabIndex = 0;
    this.#columns[column].focus();
  }
}

export function discs(rows) {
  return rows.join("").replaceAll(".", "").length;
}

function cell() {
  const each = document.createElement("span");
  each.className = "cell";
  return each;
}

function drawn(disc) {
  const each = document.createElement("i");
  each.className = `disc ${DISCS[disc]}`;
  return each;
}

// What a screen reader says of a column, from the bottom as the discs lie.
function described(rows, column, names) {
  const lie = rows.map((row) => row[column]).filter((disc) => disc !== ".").reverse();
  const whose = lie.map((disc) => names[disc] ?? (disc === "1" ? "first" : "second"));
  const what = lie.length === ROWS ? "full; " : "";
  return `Column ${column + 1}: ${what}${whose.length ? `from the bottom ${whose.join(", ")}` : "empty"}`;
}
