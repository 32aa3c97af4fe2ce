// The games that one played, those that are going on, and who plays best.
import { ask } from "/ask.js";
import { marked } from "/called.js";
import { element } from "/element.js";
import { Boards } from "/play/boards.js";

const EVERY_MS = 10_000;
const SOON_MS = 2_000; // by then read models have followed
const SHOWN = 8;

export class Lists {
  constructor({ at, me }) {
    Object.assign(this, { at, me, boards: new Boards({ at, me }) });
    at("lists").hidden = false;
    this.look();
    setInterval(() => !document.hidden && this.#draw("live", "status=playing"), EVERY_MS);
  }

  // Looks at all of them, and once more where a game has ended just now.
  look({ again = false } = {}) {
    if (again) setTimeout(() => this.look(), SOON_MS);
    this.#draw("live", "status=playing");
    this.#draw("mine", `player=${encodeURIComponent(this.me)}`);
    this.boards.look();
  }

  async #draw(id, which) {
    const told = await ask(`/api/v1/games?${which}&limit=${SHOWN}`).catch(() => null);
    if (!told) return; // what was shown stays
    this.at(id).replaceChildren(...told.games.map((game) => this.#game(game)));
    this.at(`no-${id}`).hidden = told.games.length > 0;
  }

  #game(game) {
    const who = element("span", {}, disc("first"), this.#player(game.player1), " – ", disc("second"), this.#player(game.player2));
    const href = `/play?game=${encodeURIComponent(game.game_id)}`;
    return element("li", {}, element("a", { href }, who, element("small", {}, this.#outcome(game))));
  }

  #player(user) {
    return marked(user, this.me);
  }

  #outcome({ status, winner, result, moves, player1, player2 }) {
    if (status === "playing") return `move ${moves + 1}`;
    if (winner === null) return result === "draw" ? "draw" : "left";
    if (![player1, player2].includes(this.me)) return "over";
    return winner === this.me ? "won" : "lost";
  }
}

const disc = (whose) => element("i", { className: `disc ${whose}` });
