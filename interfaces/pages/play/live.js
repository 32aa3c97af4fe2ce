// The socket of a player: comes back by itself, and sends again what nobody has answered yet.

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const PING_EVERY_MS = 8_000;
const SILENCE_MS = 12_000; // after which a connection is taken for dead
const SIGNED_OUT = 4401;

// `hear(type, payload, id)` gets what is said; `opened()` is called whenever there is a new
// connection, before anything is sent again; `changed(open)` when it comes or goes.
export class Live {
  #waiting = new Map(); // by id, what is to be sent until it is answered
  #socket = null;
  #pause = FIRST_PAUSE_MS;
  #timer = 0;
  #heard = 0;

  constructor({ hear, opened, changed, refused }) {
    Object.assign(this, { hear, opened, changed, refused });
    addEventListener("online", () => this.#soon(0));
    addEventListener("offline", () => this.#socket?.close());
    setInterval(() => this.#look(), PING_EVERY_MS);
    this.#connect();
  }

  // Sends a message, and again after a break until it is answered. What changes something carries a
  // key, and so happens once however often it is sent.
  say(type, payload = {}, { keyed = false } = {}) {
    const id = fresh();
    const message = { type, payload, id };
    if (keyed) message.idempotency_key = id;
    this.#waiting.set(id, message);
    this.#send(message);
    return id;
  }

  // What has not been answered and need not be any more.
  forget(type) {
    for (const [id, message] of this.#waiting) if (message.type === type) this.#waiting.delete(id);
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    if (this.#socket) return;
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/api/v1/games/live");
    this.#socket = socket;
    let isOpen = false;
    socket.addEventListener("open", () => {
      isOpen = true;
      this.#pause = FIRST_PAUSE_MS;
      this.#heard = Date.now();
      this.changed(true);
      this.opened();
      for (const message of this.#waiting.values()) this.#send(message);
    });
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.changed(false);
      if (code === SIGNED_OUT || !isOpen) this.refused();
      this.#soon(this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    });
  }

  #soon(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pause);
  }

  #take({ type, payload, id }) {
    this.#heard = Date.now();
    if (type === "ping") this.#send({ type: "pong" });
    const again = type === "error" && payload.status === 503; // whoever decides is away
    if (id !== undefined && this.#waiting.has(id)) {
      const message = this.#waiting.get(id);
      if (again) return void setTimeout(() => this.#send(message), 1_000);
      this.#waiting.delete(id);
    }
    if (type !== "ping" && type !== "pong") this.hear(type, payload, id);
  }

  #look() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    // A browser does not notice a network that has gone silent for minutes.
    if (Date.now() - this.#heard > SILENCE_MS) this.#drop();
    else this.#send({ type: "ping" });
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null; // its end may take as long as the silence
    socket.close();
    this.changed(false);
    this.#soon(0);
  }
}

// An id that nobody else has; `crypto.randomUUID` is there by https alone.
function fresh() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
}
