// The socket of a room: comes back by itself, until one is out.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const PING_EVERY_MS = 20_000;
const OUT = [1000, 4403, 4404];
const SIGNED_OUT = 4401;

// `hear(type, payload)` gets what is told; `out(reason)` is called once one is not in the room any
// more, `refused()` once nobody is signed in. Gives what sends a message, and what ends it.
export function live(room, { hear, out, refused }) {
  let pause = FIRST_PAUSE_MS, socket = null, isOver = false, timer = 0;

  function connect() {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/rooms/${encodeURIComponent(room)}/live`);
    socket.addEventListener("message", ({ data }) => {
      const { type, payload } = JSON.parse(data);
      if (type === "ping") return say("pong");
      if (type === "state") pause = FIRST_PAUSE_MS;
      hear(type, payload);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (isOver) return;
      if (code === SIGNED_OUT) return (end(), refused());
      if (OUT.includes(code)) return (end(), out(reason));
      timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  }

  function say(type, payload = {}) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, payload }));
  }

  const pinging = setInterval(() => say("ping"), PING_EVERY_MS);

  function end() {
    isOver = true;
    clearTimeout(timer);
    clearInterval(pinging);
    socket.close();
  }

  connect();
  return { say, end };
}
