// Asks the API: on behalf of whoever is signed in at this browser, or of whoever's token it is given.

// What the API said no to: a sentence, and the type and status of the problem.
export class Refused extends Error {
  constructor({ detail, type, status }) {
    super(detail);
    Object.assign(this, { type, status });
  }
}

// Where the log stood with the last answer that said so; give it to `ask` as `after`.
export let position;

// The JSON at an address, or what is answered to a body or a file that is sent there; throws `Refused`, or an
// Error with a sentence when nobody answers. What is asked again with the same `key` happens once.
// What is asked `after` a position shows it. What is `lasting` is sent even if the page is left at once.
export async function ask(path, { token, body, key, after, lasting = false } = {}) {
  const headers = { accept: "application/json" };
  if (token !== undefined) headers.authorization = `Bearer ${token.trim()}`;
  const isFile = body instanceof Blob;
  if (body !== undefined) headers["content-type"] = isFile ? body.type : "application/json";
  if (key !== undefined) headers["idempotency-key"] = key;
  if (after !== undefined) headers["read-after"] = after;
  const method = body === undefined ? "GET" : "POST";
  const sent = { method, headers, cache: "no-store", keepalive: lasting, body: isFile ? body : body && JSON.stringify(body) };
  const answer = await fetch(path, sent).catch(() => {
    throw new Error("The hall does not answer. Is it running, and are you online?");
  });
  position = answer.headers.get("position") ?? position;
  if (answer.status === 204) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told);
  return told;
}
