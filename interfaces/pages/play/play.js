// Four in a row: looks for a game, plays it, and comes back to it after whatever happened.
import { ask } from "/ask.js";
import { called, marked } from "/called.js";
import { Rematch, accept, challengerOf, invitation } from "/play/again.js";
import { Board } from "/play/board.js";
import { Lists } from "/play/lists.js";
import { Live } from "/play/live.js";
import { Review } from "/play/review.js";

const at = (id) => document.getElementById(id);
const MOVES_THAT_COUNT = 2; // before both have moved, leaving costs nothing
const SHORT_S = 10;
const SLOW_MS = 500; // for a move; what is quicker need not be told

let me = null;
let live = null;
let lists = null;
let place = "loading"; // or "out", "idle", "seeking", "playing", "watching", "over"
let game = null; // the game_state that is shown
let last = null; // its last move, as [column, row]
let moving = null; // the id of the move that is on its way, and its number
let endsAt = null; // when the time for this move is over, by our clock
let moveSeconds = null;
let botAt = null;
let online = true;
let sure = false; // whether one was asked if one really gives up

const asked = new URLSearchParams(location.search).get("game"); // one to look at
let challenge = new URLSearchParams(location.hash.slice(1)).get("challenge"); // of somebody else
let offeredBy = []; // who would play again
const rematch = new Rematch((users) => {
  if (`${users}` === `${offeredBy}`) return;
  offeredBy = users;
  draw();
});
const board = new Board(at("board"), choose);
const review = new Review({ at, show: (position) => board.show({ ...position, names: names() }) });

// -- what is said --------------------------------------------------------------------------------

const heard = {
  seeking: () => look(),
  cancelled: () => place === "seeking" && be("idle"),
  seated: ({ game_id }) => {
    if (game?.game_id === game_id || asked) return;
    [game, last, moving, endsAt] = [{ game_id }, null, null, null];
    review.close();
    rematch.stop();
    be("playing");
  },
  game_started: (started) => {
    if (game?.game_id !== started.game_id) return;
    moveSeconds = started.move_seconds;
    clock(moveSeconds);
  },
  move: ({ game_id, player, column, row }) => {
    if (game?.game_id !== game_id) return;
    if (player !== me.user_id) say("said", `${called(player)}: column ${column + 1}.`);
    last = [column, row];
    clock(moveSeconds);
  },
  game_state: (state) => {
    if (game?.game_id === state.game_id) tell(state);
  },
  error: (problem, id) => {
    if (moving?.id === id) moving = null;
    if (!problem.type.endsWith("not-seeking")) say("problem", problem.detail);
    if (place === "playing" && game) live.say("watch", { game_id: game.game_id });
    else look();
  },
};

function opened() {
  if (place === "seeking") seek(); // it was given up with the connection
  if (place === "playing" || place === "watching") watch(game.game_id);
}

// Follows a game from now on, and learns how much time is left there.
async function watch(game_id) {
  live.say("watch", { game_id });
  const now = await ask(`/api/v1/games/${encodeURIComponent(game_id)}/now`).catch(() => null);
  if (!now || game?.game_id !== game_id) return;
  const column = now.last_column;
  if (column !== null && !(game.moves > now.moves)) last = [column, now.board.findIndex((row) => row[column] !== ".")];
  moveSeconds = now.move_seconds;
  clock(now.seconds_left);
  draw();
}

// Shows a game that was asked for: as it ended, or as it goes on.
async function visit(game_id) {
  const known = await ask(`/api/v1/games/${encodeURIComponent(game_id)}`).catch((error) => error);
  if (known.status === "finished") return tell(known);
  if (known instanceof Error && known.status !== 404) return say("problem", known.message);
  game = { game_id };
  place = "watching";
  watch(game_id);
  draw();
}

// Where one is: whether one looks for a game, or plays one.
async function look() {
  const told = await ask("/api/v1/me/place").catch(() => null);
  if (!told) return void setTimeout(() => place === "loading" && look(), 1_000);
  if (told.status === "seeking") {
    botAt = Date.now() + told.seconds_left * 1000;
    if (place === "loading") be("seeking");
  } else if (place === "loading" && told.game?.status === "playing") {
    game = { game_id: told.game_id };
    be("playing");
    watch(told.game_id);
  } else if (place === "loading") be("idle");
  draw();
}

// How a game stands; what is older than what is shown is never told by the hall.
function tell(state) {
  const added = game?.board && board.added(state.board);
  if (added) last = added;
  game = state;
  if (moving && state.moves >= moving.number) moving = null;
  if (state.status === "finished") {
    endsAt = null;
    if (place === "playing") lists.look({ again: true });
    place = "over";
  } else place = isPlayer() ? "playing" : "watching";
  draw();
  if (place !== "over") return;
  review.open(game);
  if (isPlayer() && !asked && !other().startsWith("bot-")) rematch.watch(game.game_id);
}

function clock(seconds) {
  endsAt = seconds === null ? null : Date.now() + seconds * 1000;
}

// -- what one does -------------------------------------------------------------------------------

function seek() {
  live.forget("seek");
  live.say("seek", { bot_level: new FormData(at("seek")).get("level") }, { keyed: true });
}

function choose(column) {
  if (!isMine() || game.board[0][column] !== ".") return;
  const number = game.moves + 1;
  const id = live.say("move", { column, game_id: game.game_id, number }, { keyed: true });
  moving = { id, number, since: Date.now() };
  say("problem");
  draw();
}

at("seek").addEventListener("submit", (event) => {
  event.preventDefault();
  game = last = null;
  botAt = null;
  review.close();
  rematch.stop();
  be("seeking");
  seek();
});

at("challenge").addEventListener("click", () =>
  attempt(async () => {
    at("link").value = await invitation();
    at("invitation").hidden = false;
    at("link").select();
  }),
);

at("copy").addEventListener("click", () =>
  attempt(async () => {
    at("link").select();
    await navigator.clipboard?.writeText(at("link").value);
    at("copy").textContent = "Copied";
  }),
);

at("accept").addEventListener("click", () =>
  attempt(async () => {
    const { game_id } = await accept(challenge);
    history.replaceState(null, "", "/play");
    be("idle");
    heard.seated({ game_id });
    watch(game_id);
  }),
);

at("rematch").addEventListener("click", () =>
  attempt(async () => {
    offeredBy = [...offeredBy, me.user_id];
    draw();
    await rematch.offer();
  }),
);

async function attempt(work) {
  say("problem");
  await work().catch((error) => say("problem", error.message));
}

at("cancel").addEventListener("click", () => {
  live.forget("seek");
  live.say("cancel", {}, { keyed: true });
});

at("resign").addEventListener("click", () => {
  if (!sure && game.moves >= MOVES_THAT_COUNT) {
    sure = true;
    return draw();
  }
  sure = false;
  live.say("resign", { game_id: game.game_id }, { keyed: true });
});

at("keep").addEventListener("click", () => {
  sure = false;
  draw();
  at("resign").focus();
});

at("guest").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("problem");
  const name = at("name").value.trim().replace(/\s+/g, " ").normalize("NFKC");
  try {
    if (!name) throw new Error("Give a name of 1 to 24 characters.");
    enter(await ask("/api/v1/sign-in/guest", { body: { name } }));
    dispatchEvent(new Event("signed-in")); // for the bell
  } catch (error) {
    say("problem", error.message);
    at("name").focus();
  }
});

// -- what is shown -------------------------------------------------------------------------------

const isMine = () => place === "playing" && online && !moving && game.to_move === me.user_id;
const invited = () => challenge && location.hash;
const isPlayer = () => game.player1 === me.user_id || game.player2 === me.user_id;
// Who is drawn above and below the board: oneself below, and of others who began.
const below = () => (game.player2 === me.user_id ? game.player2 : game.player1);
const other = () => (below() === game.player1 ? game.player2 : game.player1);

function say(id, sentence = "") {
  at(id).hidden = !sentence && id === "problem";
  if (at(id).textContent !== sentence) at(id).textContent = sentence;
}

function be(where) {
  place = where;
  sure = false;
  if (where !== "seeking") botAt = null;
  draw();
}

function seat(id, user, disc) {
  at(id).querySelector(".name").replaceChildren(marked(user, me?.user_id));
  at(id).querySelector("i").hidden = !user;
  at(id).querySelector("i").className = disc ? `disc ${disc}` : "";
}

function status() {
  if (place === "loading") return "";
  if (!online && place !== "out") return "The connection is gone; trying to come back…";
  if (place === "out") return "Drop four discs in a row before the other one does.";
  if (place === "idle" && invited()) return `${called(challengerOf(challenge)) || "Somebody"} challenges you.`;
  if (place === "idle") return `Hello, ${called(me.name)}. Drop four discs in a row before the other one does.`;
  if (place === "seeking") return waiting();
  if (!game.board) return place === "watching" ? "Looking at the game…" : "An opponent is here…";
  if (place === "over") return isPlayer() ? outcome() : ended();
  if (place === "watching") return `${called(game.to_move)} is to move.`;
  if (moving && Date.now() - moving.since > SLOW_MS) return "Your move is on its way…";
  if (sure) return `Really? ${called(other())} wins then.`;
  return game.to_move === me.user_id ? "Your turn." : `${called(other())} is to move.`;
}

function waiting() {
  const left = botAt === null ? null : Math.ceil((botAt - Date.now()) / 1000);
  if (left === null) return "Looking for an opponent…";
  return left > 0 ? `Looking for an opponent… in ${left} s the bot comes.` : "The bot is coming…";
}

function outcome() {
  if (game.winner === null) return game.result === "draw" ? "A draw: the board is full." : "Nobody wins: the game was left before both had moved.";
  const won = game.winner === me.user_id;
  const how = {
    win: won ? "You have four in a row." : `${called(game.winner)} has four in a row.`,
    resignation: won ? `${called(other())} has given up.` : "You have given up.",
    timeout: won ? `${called(other())} ran out of time.` : "Your time ran out.",
  }[game.result];
  return `${won ? "You win!" : "You lose."} ${how}`;
}

// How a game of others ended.
function ended() {
  if (game.winner === null) return game.result === "draw" ? "A draw: the board is full." : "Nobody won: the game was left before both had moved.";
  const loser = called(game.winner === game.player1 ? game.player2 : game.player1);
  return { win: `${called(game.winner)} won.`, resignation: `${called(game.winner)} won: ${loser} gave up.`, timeout: `${called(game.winner)} won: ${loser} ran out of time.` }[game.result];
}

const names = () => (game?.player1 ? { 1: whose(game.player1), 2: whose(game.player2) } : {});

function draw() {
  const playing = place === "playing";
  const seated = (playing || place === "watching" || place === "over") && !!game.board;
  if (!review.looksBack) board.show(seated ? { rows: game.board, line: game.line, last, mine: isMine(), over: place === "over", names: names() } : {});
  const first = seated && below() === game.player1;
  seat("top", seated ? other() : "", seated && (first ? "second" : "first"));
  seat("bottom", seated ? below() : me?.user_id, seated && (first ? "first" : "second"));
  at("seek").hidden = place !== "idle" && (place !== "over" || !!asked);
  at("challenge").hidden = place !== "idle" || !!invited();
  if (place !== "idle") at("invitation").hidden = true;
  at("accept").hidden = place !== "idle" || !invited();
  const again = place === "over" && !asked && isPlayer() && !other().startsWith("bot-");
  const offered = again && offeredBy.includes(me.user_id);
  at("rematch").hidden = !again;
  at("rematch").disabled = offered;
  at("rematch").textContent = offered ? "Rematch offered…" : offeredBy.length ? `${called(other())} offers a rematch` : "Rematch";
  at("to-play").hidden = !asked || !me;
  at("seek").querySelector("button").textContent = place === "over" ? "Play again" : "Find an opponent";
  at("cancel").hidden = place !== "seeking";
  at("leave").hidden = !playing || !game.board;
  at("resign").textContent = sure ? "Yes, give up" : game?.moves < MOVES_THAT_COUNT ? "Leave" : "Resign";
  at("resign").classList.toggle("danger", sure);
  at("keep").hidden = !sure;
  tick();
}

const whose = (user) => (user === me.user_id ? "yours" : called(user));

function tick() {
  say("status", status());
  const runs = (place === "playing" || place === "watching") && game.board && endsAt !== null;
  const left = runs ? Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)) : null;
  for (const [id, mine] of [["top", false], ["bottom", true]]) {
    const shown = at(id).querySelector(".clock");
    const its = runs && (game.to_move === below()) === mine;
    shown.hidden = !runs;
    shown.textContent = runs ? minutes(its ? left : moveSeconds) : "";
    shown.classList.toggle("runs", !!its);
    shown.classList.toggle("short", !!its && left <= SHORT_S);
  }
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

// -- the beginning -------------------------------------------------------------------------------

function enter(who) {
  me = who;
  place = "loading";
  at("who").hidden = false;
  at("who").textContent = called(me.name);
  at("guest").hidden = at("sign-in").hidden = true;
  live = new Live({
    hear: (type, payload, id) => heard[type]?.(payload, id),
    opened,
    changed: (is) => {
      online = is;
      draw();
    },
    // Also where a network is gone; then nobody says so. Who has signed in anew goes on.
    refused: async () => {
      const { me: still } = await ask("/api/v1/sign-in").catch(() => ({ me }));
      if (still?.user_id !== me.user_id) location.reload();
    },
  });
  lists = new Lists({ at, me: me.user_id });
  if (asked) visit(asked);
  else look();
}

// Who goes to sign in comes back to the challenge; this tab keeps it, and no address that servers see.
at("sign-in").addEventListener("click", () => challenge && sessionStorage.setItem("challenge", challenge));

function recall() {
  const kept = sessionStorage.getItem("challenge");
  sessionStorage.removeItem("challenge");
  if (!kept || challenge || asked) return;
  challenge = kept;
  history.replaceState(null, "", `#challenge=${kept}`);
}

setInterval(tick, 250);
try {
  const entrance = await ask("/api/v1/sign-in");
  if (entrance.me) {
    recall();
    enter(entrance.me);
  } else {
    at("guest").hidden = !entrance.guests;
    at("sign-in").hidden = entrance.guests;
    be("out");
  }
} catch (error) {
  say("problem", error.message);
}
