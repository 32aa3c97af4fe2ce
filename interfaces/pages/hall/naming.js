// What people are called who have an account: by its handle. Others are called by their ids.
import { ask } from "/ask.js";
import { called, marked } from "/called.js";
import { element } from "/element.js";

const handles = new Map(); // of whom has been asked for on this page

async function lookUp(user) {
  try {
    return (await ask(`/api/v1/accounts/${encodeURIComponent(user)}`)).handle;
  } catch (error) {
    if (error.status !== 404) handles.delete(user); // nobody could say; the id does meanwhile
    return null;
  }
}

// Somebody's handle; null of who has none.
export function handleOf(user) {
  if (!handles.has(user)) handles.set(user, lookUp(user));
  return handles.get(user);
}

// The name alone, for a sentence.
export const nameOf = async (user) => (await handleOf(user)) ?? called(user);

// The name for a list; behind that of a guest stands a mark.
export async function named(user) {
  const handle = await handleOf(user);
  return handle ? element("span", {}, handle) : marked(user);
}
