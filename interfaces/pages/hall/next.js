// Where somebody goes on who has signed in or up: the address that `return` names, or null.
const asked = new URLSearchParams(location.search).get("return");

// Only an address of this hall: an own path, which no browser reads as another host.
export const next = asked && /^\/(?![/\\])[^\\\s]*$/.test(asked) ? asked : null;
