// What pages of several sections are made with.
import { element } from "/element.js";
import { tell } from "/tell.js";

// A card with a heading, and a place for what goes wrong in it; `attempt` does some work and tells.
export function card(title, ...children) {
  const problem = element("p", { className: "wrong", hidden: true, role: "alert" });
  const heading = element("h2", { textContent: title });
  const made = element("section", { className: "card" }, heading, ...children, problem);
  const attempt = async (work, button) => {
    if (button) button.disabled = true;
    try {
      await work();
      tell(problem);
    } catch (error) {
      tell(problem, error);
    } finally {
      if (button) button.disabled = false;
    }
  };
  return { made, attempt };
}

// A field with its label, and what is said of it.
export function field(id, label, input, note) {
  const named = element("label", { htmlFor: id, textContent: label });
  Object.assign(input, { id });
  if (!note) return element("div", { className: "field" }, named, input);
  input.setAttribute("aria-describedby", `${id}-note`);
  const told = element("p", { className: "note", id: `${id}-note`, textContent: note });
  return element("div", { className: "field" }, named, input, told);
}

// A thing of a list: what it is, what is said of it, and a button that takes it away, or several.
export function thing(name, told, button) {
  const said = element("div", {}, name, ...(told ? [element("span", {}, ...[told].flat())] : []));
  return element("li", {}, said, ...(button ? [button] : []));
}

export function day(time) {
  return new Date(time).toLocaleDateString([], { dateStyle: "medium" });
}
