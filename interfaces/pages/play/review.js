// A game that is over, move by move, with what the bot thinks of each position.
import { ask } from "/ask.js";
import { called } from "/called.js";

const COLUMNS = 7;
const ROWS = 6;
const BUSY_MS = 1_000;
const PAUSE_MS = 120; // while somebody slides over positions, none of them is asked about

// `show(position)` draws a position: `rows`, `last`, `line`.
export class Review {
  #game = null;
  #moves = [];
  #known = new Map();
  #timer = 0;

  constructor({ at, show }) {
    Object.assign(this, { at, show });
    at("step").addEventListener("input", () => this.#go());
    for (const [id, by] of [["back", -1], ["forth", 1]])
      at(id).addEventListener("click", () => {
        at("step").valueAsNumber += by;
        this.#go();
      });
  }

  // Offers to step through a game, from its end on.
  async open(game) {
    if (this.#game?.game_id === game.game_id) return;
    this.#game = game;
    this.#known.clear();
    // A read model that is a moment behind does not have the last moves yet.
    for (let tries = 0; tries < 10; tries++) {
      this.#moves = await ask(`/api/v1/games/${encodeURIComponent(game.game_id)}/moves`).catch(() => []);
      if (this.#moves.length === game.moves) break;
      await new Promise((done) => setTimeout(done, 200));
    }
    if (this.#game !== game || this.#moves.length !== game.moves || !game.moves) return;
    this.at("step").max = game.moves;
    this.at("step").value = game.moves;
    this.at("review").hidden = false;
    this.#tell();
  }

  close() {
    this.#game = null;
    clearTimeout(this.#timer);
    this.at("review").hidden = this.at("judgement").hidden = true;
  }

  // Whether another position is shown than the last one.
  get looksBack() {
    return !this.at("review").hidden && this.at("step").valueAsNumber < this.#moves.length;
  }

  #go() {
    const count = this.at("step").valueAsNumber;
    const moves = this.#moves.slice(0, count);
    const last = moves.at(-1);
    const isEnd = count === this.#moves.length;
    this.show({
      rows: board(moves),
      last: last ? [last.column, last.row] : null,
      line: isEnd ? this.#game.line : null,
      over: isEnd,
    });
    this.#tell();
  }

  #tell() {
    const count = this.at("step").valueAsNumber;
    const last = this.#moves[count - 1];
    const where = last ? `Move ${count}: ${called(last.player)}, column ${last.column + 1}.` : "The empty board.";
    this.at("step").setAttribute("aria-valuetext", where);
    this.at("back").disabled = count === 0;
    this.at("forth").disabled = count === this.#moves.length;
    clearTimeout(this.#timer);
    this.#draw(where, this.#known.get(count));
    if (!this.#known.has(count)) this.#timer = setTimeout(() => this.#ask(count, where), PAUSE_MS);
  }

  async #ask(count, where) {
    const game = this.#game;
    const path = `/api/v1/games/${encodeURIComponent(game.game_id)}/at/${count}/judgement`;
    const judgement = await ask(path).catch((refused) => refused);
    if (this.#game !== game) return;
    if (judgement instanceof Error) {
      // Too many ask, or one asks for too much; where somebody has stayed, it is asked again.
      const busy = [429, 503].includes(judgement.status) && this.at("step").valueAsNumber === count;
      if (busy) this.#timer = setTimeout(() => this.#ask(count, where), BUSY_MS);
      return;
    }
    this.#known.set(count, judgement);
    if (this.at("step").valueAsNumber === count) this.#draw(where, judgement);
  }

  #draw(where, judgement) {
    const chips = Array.from({ length: COLUMNS }, () => document.createElement("span"));
    for (const move of judgement?.moves ?? []) {
      const chip = chips[move.column];
      chip.textContent = inShort(move);
      chip.className = move.value >= 1 ? "wins" : move.value <= -1 ? "loses" : "open";
      chip.classList.toggle("best", move.column === judgement.best);
      chip.style.setProperty("--value", move.value);
    }
    this.at("judgement").replaceChildren(...chips);
    this.at("judgement").hidden = false;
    this.at("told").textContent = [where, this.#inWords(judgement)].join(" ");
  }

  // What the bot would have done, and what it thinks of what was done.
  #inWords(judgement) {
    if (!judgement?.moves.length) return "";
    const next = this.#moves[this.at("step").valueAsNumber];
    const best = judgement.moves.find((move) => move.column === judgement.best);
    const would = `The bot would choose column ${best.column + 1}, which ${inWords(best)}.`;
    if (!next) return would;
    const made = judgement.moves.find((move) => move.column === next.column);
    if (made.value >= best.value - 0.05) return `${called(next.player)} goes on with column ${next.column + 1}, as good as any: it ${inWords(made)}.`;
    return `${would} ${called(next.player)} goes on with column ${next.column + 1}, which ${inWords(made)}.`;
  }
}

function board(moves) {
  const rows = Array.from({ length: ROWS }, () => Array(COLUMNS).fill("."));
  moves.forEach(({ column, row }, number) => (rows[row][column] = number % 2 ? "2" : "1"));
  return rows.map((row) => row.join(""));
}

function inShort({ value, ends_in }) {
  if (value >= 1) return `win ${ends_in}`;
  if (value <= -1) return `loss ${ends_in}`;
  const points = Math.round(value * 100);
  return points > 0 ? `+${points}` : `${points}`.replace("-", "−");
}

function inWords({ value, ends_in }) {
  const discs = ends_in === 1 ? "at once" : `in ${ends_in} discs`;
  if (value >= 1) return `wins ${discs}`;
  if (value <= -1) return `loses ${discs}`;
  if (Math.abs(value) < 0.1) return "keeps the balance";
  return value > 0 ? "looks better" : "looks worse";
}
