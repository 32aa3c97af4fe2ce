// Asks the API, on behalf of whoever's token it is given.

// What the API said no to: a sentence, and the type and status of the problem.
export class Refused extends Error {
  constructor({ detail, type, status }) {
    super(detail);
    Object.assign(this, { type, status });
  }
}

// The JSON at an address; throws `Refused`, or an Error with a sentence when nobody answers.
export async function ask(path, token) {
  const headers = { accept: "application/json", authorization: `Bearer ${token.trim()}` };
  const answer = await fetch(path, { headers, cache: "no-store" }).catch(() => {
    throw new Error("The hall does not answer. Is it running, and are you online?");
  });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told);
  return told;
}
