// The games that one played, those that are going on, and who plays best.
import { ask } from "/ask.js";
import { marked } from "/called.js";

const EVERY_MS = 10_000;
const SOON_MS = 2_000; // by then read models have followed
const SHOWN = 8;

export class Lists {
  constructor({ at, me }) {
    Object.assign(this, { at, me });
    at("lists").hidden = false;
    this.look();
    setInterval(() => !document.hidden && this.#live(), EVERY_MS);
  }

  // Looks at all of them, and once more where a game has ended just now.
  look({ again = false } = {}) {
    if (again) setTimeout(() => this.look(), SOON_MS);
    const me = encodeURIComponent(this.me);
    this.#live();
    this.#draw("mine", `/api/v1/games?player=${me}&limit=${SHOWN}`, ({ games }) => games.map((game) => this.#game(game)));
    this.#draw("best", `/api/v1/leaderboard?limit=${SHOWN}&player=${me}`, ({ entries, player }) =>
      [...entries, ...(player?.rank > entries.length ? [player] : [])].map((each) => this.#rank(each)));
  }

  #live() {
    this.#draw("live", `/api/v1/games?status=playing&limit=${SHOWN}`, ({ games }) => games.map((game) => this.#game(game)));
  }

  #draw(id, path, rows) {
    ask(path).then((told) => this.#fill(id, rows(told))).catch(() => {}); // what was shown stays
  }

  #fill(id, rows) {
    this.at(id).replaceChildren(...rows);
    this.at(`no-${id}`).hidden = rows.length > 0;
  }

  #game(game) {
    const link = document.createElement("a");
    link.href = `/play?game=${encodeURIComponent(game.game_id)}`;
    const who = document.createElement("span");
    who.append(disc("first"), marked(game.player1, this.me), " – ", disc("second"), marked(game.player2, this.me));
    link.append(who, note(this.#outcome(game)));
    return row(link);
  }

  #outcome({ status, winner, result, moves, player1, player2 }) {
    if (status === "playing") return `move ${moves + 1}`;
    if (winner === null) return result === "draw" ? "draw" : "left";
    if (![player1, player2].includes(this.me)) return "over";
    return winner === this.me ? "won" : "lost";
  }

  #rank({ rank, user_id, score, wins, losses }) {
    const each = document.createElement("p");
    const who = document.createElement("span");
    who.append(`${rank}. `, marked(user_id, this.me));
    each.append(who, note(`${score} points, ${wins} won, ${losses} lost`));
    const item = row(each);
    if (user_id === this.me) item.setAttribute("aria-current", "true");
    return item;
  }
}

function row(...nodes) {
  const each = document.createElement("li");
  each.append(...nodes);
  return each;
}

function note(text) {
  const each = document.createElement("small");
  each.textContent = text;
  return each;
}

function disc(whose) {
  const each = document.createElement("i");
  each.className = `disc ${whose}`;
  return each;
}
