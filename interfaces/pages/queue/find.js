// Leads to the page of a room by its name.
document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = document.getElementById("room").value.trim();
  if (name) location.assign(`/queue/${encodeURIComponent(name)}`);
});
