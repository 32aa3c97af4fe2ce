// Follows a feed over a socket: from what was looked at, without a gap, and back again after every break.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const PING_EVERY_MS = 20_000;
const SILENCE_MS = 45_000; // after which a connection is taken for dead
const SIGNED_OUT = 4401;
const TOO_MANY = 1013;
const COUNT_EVERY_MS = 30_000;

// `look()` shows what there is and gives the number from which to go on; `hear(type, payload)` gets
// what comes after that. Where there are too many sockets, `count()` is called every now and then
// instead. `refused()` is called once nobody is signed in any more.
export function follow(feed, { look, hear, count, refused }) {
  let pause = FIRST_PAUSE_MS;
  let heard = 0;
  let socket = null;

  async function begin() {
    try {
      connect(await look());
    } catch (error) {
      if (error.status === 401 || error.status === 403) refused();
      else again();
    }
  }

  function again(after = pause * (0.75 + Math.random() / 2)) {
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    setTimeout(begin, after);
  }

  function connect(cursor) {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${feed}/live?last_event_id=${cursor}`);
    socket.addEventListener("message", ({ data }) => {
      const { type, payload } = JSON.parse(data);
      heard = Date.now();
      if (type === "ping") socket.send('{"type":"pong"}');
      else if (type === "state") pause = FIRST_PAUSE_MS;
      hear(type, payload);
    });
    heard = Date.now();
    socket.addEventListener("close", ({ code }) => {
      socket = null;
      if (code === SIGNED_OUT) return refused();
      if (code === TOO_MANY) count().catch(() => {});
      again(code === TOO_MANY ? COUNT_EVERY_MS : undefined);
    });
  }

  setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    // A browser does not notice a network that has gone silent for minutes.
    if (Date.now() - heard > SILENCE_MS) socket.close();
    else socket.send('{"type":"ping"}');
  }, PING_EVERY_MS);
  begin();
}
