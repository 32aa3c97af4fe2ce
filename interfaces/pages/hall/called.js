// What people are called: behind the name of a guest stands a mark, which tells two of one name apart.
import { element } from "/element.js";

// The name alone, for a sentence.
export function called(user) {
  return user?.split("~")[0] ?? "";
}

// The name with its mark, or beside it that it is oneself.
export function marked(user, me) {
  const [name, mark] = (user ?? "").split("~");
  const beside = user && user === me ? "you" : mark;
  return element("span", {}, name, ...(beside ? [" ", element("small", {}, beside)] : []));
}
