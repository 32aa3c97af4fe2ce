// Asks the API: on behalf of whoever is signed in at this browser, or of whoever's token it is given.

// What the API said no to: a sentence, and the type and status of the problem.
export class Refused extends Error {
  constructor({ detail, type, status }) {
    super(detail);
    Object.assign(this, { type, status });
  }
}

// The JSON at an address, or what is answered to a body that is sent there; throws `Refused`, or an
// Error with a sentence when nobody answers. What is asked again with the same `key` happens once.
export async function ask(path, { token, body, key } = {}) {
  const headers = { accept: "application/json" };
  if (token !== undefined) headers.authorization = `Bearer ${token.trim()}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key !== undefined) headers["idempotency-key"] = key;
  const method = body === undefined ? "GET" : "POST";
  const sent = { method, headers, cache: "no-store", body: body && JSON.stringify(body) };
  const answer = await fetch(path, sent).catch(() => {
    throw new Error("The hall does not answer. Is it running, and are you online?");
  });
  if (answer.status === 204) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told);
  return told;
}
