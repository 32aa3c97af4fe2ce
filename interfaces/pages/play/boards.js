// The leaderboards, one at a time: of four in a row, and of games that report what players do.
import { ask } from "/ask.js";
import { marked } from "/called.js";
import { element } from "/element.js";

const SHOWN = 8;
const GAMES = 100; // that are asked for at once

const whole = (value) => value.toLocaleString("en");
const points = (score) => `${whole(score)} ${score === 1 ? "point" : "points"}`;

async function ofFourInARow(me) {
  const { entries, player, total } = await ask(`/api/v1/leaderboard?limit=${SHOWN}&player=${me}`);
  const row = ({ rank, user_id, score, wins, losses }) => ({ rank, user: user_id, told: `${points(score)}, ${wins} won, ${losses} lost` });
  return { best: entries.map(row), own: player && row(player), total, nobody: "Nobody has won yet." };
}

async function ofGame(game, period, me) {
  const path = `/api/v1/games/${encodeURIComponent(game)}/leaderboard?period=${period}`;
  const [{ entries, total }, around] = await Promise.all([ask(`${path}&limit=${SHOWN}`), ask(`${path}&limit=1&around=${me}`)]);
  const row = ({ rank, player_id, score }) => ({ rank, user: player_id, told: points(score) });
  const [own] = around.entries.map(row);
  return { best: entries.map(row), own, total, nobody: "Nobody has scored yet." };
}

export class Boards {
  #asked = 0;
  #before = null; // where the list of games goes on

  constructor({ at, me }) {
    Object.assign(this, { at, me });
    for (const id of ["which", "periods"]) at(id).addEventListener("change", () => this.look());
    at("more-games").addEventListener("click", () => this.#list().then(() => at("which").focus()));
    this.#list();
  }

  // Looks at the board that is chosen; the answer to an earlier choice is too late.
  async look() {
    const asked = ++this.#asked;
    const game = this.at("which").value, me = encodeURIComponent(this.me);
    const period = this.at("periods").querySelector(":checked").value;
    this.at("periods").hidden = !game;
    const board = game ? ofGame(game, period, me) : ofFourInARow(me);
    const told = await board.catch((error) => ({ best: [], nobody: error.message }));
    if (asked === this.#asked) this.#draw(told);
  }

  // The best, and oneself, who may be far behind them.
  #draw({ best, own, total, nobody }) {
    const isShown = !own || best.some(({ user }) => user === this.me);
    this.at("best").replaceChildren(...[...best, ...(isShown ? [] : [own])].map((each) => this.#row(each)));
    const place = own ? `You are number ${whole(own.rank)} of ${whole(total)}.` : "You are not on this board yet.";
    this.at("standing").textContent = best.length ? place : nobody;
  }

  #row({ rank, user, told }) {
    const who = element("span", {}, `${whole(rank)}. `, marked(user, this.me));
    const row = element("li", {}, element("p", {}, who, element("small", {}, told)));
    if (user === this.me) row.setAttribute("aria-current", "true");
    return row;
  }

  async #list() {
    const before = this.#before === null ? "" : `&before=${encodeURIComponent(this.#before)}`;
    const told = await ask(`/api/v1/leaderboards?limit=${GAMES}${before}`).catch(() => null);
    if (!told) return;
    this.at("which").append(...told.leaderboards.map(({ game_id }) => element("option", { value: game_id }, game_id)));
    this.#before = told.before;
    this.at("more-games").hidden = told.before === null;
    this.at("boards").hidden = this.at("which").length === 1;
  }
}
