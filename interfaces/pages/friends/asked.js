// What is asked of the hall about friends: something is done, or a list is looked at that shows it.
import { ask, position } from "/ask.js";

const FRIENDS = "/api/v1/friends";
const THEIRS = "social-log/"; // positions of other things come from elsewhere on the page
let after;

export async function order(path, body = {}) {
  const told = await ask(`${FRIENDS}${path}`, { body });
  if (position?.startsWith(THEIRS)) after = position;
  return told;
}

// The first so many people at an address.
export const people = (path, most) => ask(`${FRIENDS}${path}?limit=${most}`, { after });
