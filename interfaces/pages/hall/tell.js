// Shows an error as a sentence, and the way on where it names one; or no error.
export function tell(at, error) {
  at.hidden = !error;
  at.textContent = error?.message ?? "";
  if (error?.href) {
    const link = Object.assign(document.createElement("a"), { href: error.href });
    link.textContent = error.way;
    at.append(" ", link);
  }
}
