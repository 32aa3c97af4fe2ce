// Who plays whom by agreement: a challenge by a link, and another game after one that is over.
import { ask } from "/ask.js";

const LOOK_MS = 2_000;
const WAIT_MS = 60_000; // after which an offer is forgotten

const rematchOf = (game_id) => `/api/v1/games/${encodeURIComponent(game_id)}/rematch`;
const key = () => `${Date.now()}-${Math.random()}`;

// The address that lets a friend play whoever makes it.
export async function invitation() {
  const { challenge } = await ask("/api/v1/games/challenge", { body: {} });
  return `${location.origin}/play#challenge=${challenge}`;
}

export function accept(challenge) {
  return ask("/api/v1/games/challenge/accept", { body: { challenge }, key: key() });
}

// Who made a challenge, as it says itself; whether that is so, the hall knows.
export function challengerOf(challenge) {
  try {
    const claims = challenge.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (each) => each.charCodeAt(0)))).sub;
  } catch {
    return null;
  }
}

export class Rematch {
  #game = null;
  #timer = 0;

  // `changed(offeredBy)` hears who has offered another game, whenever that is looked at.
  constructor(changed) {
    this.changed = changed;
  }

  // Looks for a while whether the opponent offers another game.
  watch(game_id) {
    if (this.#game === game_id) return;
    this.#game = game_id;
    const until = Date.now() + WAIT_MS;
    clearInterval(this.#timer);
    this.#timer = setInterval(async () => {
      if (Date.now() > until) return this.stop();
      const told = await ask(rematchOf(game_id)).catch(() => null);
      if (told && this.#game === game_id) this.changed(told.offered_by);
    }, LOOK_MS);
  }

  offer() {
    return ask(rematchOf(this.#game), { body: {}, key: key() });
  }

  stop() {
    this.#game = null;
    clearInterval(this.#timer);
    this.changed([]);
  }
}
