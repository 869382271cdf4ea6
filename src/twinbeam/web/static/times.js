// Shows times as the visitor's clock has them, where that is asked for. Without it all times are UTC.

const button = document.querySelector("[data-zone-switch]");
const sentence = document.querySelector("[data-zone]");
const KEY = "twinbeam-local-times";

let local = false;
try {
  local = localStorage.getItem(KEY) === "1";
} catch {
  // A browser that keeps nothing shows UTC after each click.
}

const two = (n) => String(n).padStart(2, "0");
const dateOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

function inUtc(iso, withDate) {
  return withDate ? `${iso.slice(0, 10)} ${iso.slice(11, 19)}` : iso.slice(11, 19);
}

function inLocal(iso, withDate) {
  const at = new Date(iso);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return withDate || dateOf(at) !== dateOf(new Date()) ? `${dateOf(at)} ${time}` : time;
}

function show(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const iso = time.dateTime;
    if (!/^\d{4}-\d\d-\d\dT/.test(iso)) continue;
    // What the server wrote says whether the date belongs to it.
    if (time.textContent !== time.dataset.shown) time.dataset.dated = time.textContent.includes("-") ? "1" : "";
    const text = (local ? inLocal : inUtc)(iso, time.dataset.dated === "1");
    if (time.textContent !== text) time.textContent = text;
    time.dataset.shown = text;
  }
}

function tell() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  sentence.textContent = local ? `Times are local (${zone}); days are UTC.` : "All times are UTC.";
  button.textContent = local ? "Show UTC" : "Show local time";
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    local = !local;
    try {
      localStorage.setItem(KEY, local ? "1" : "");
    } catch {
      // See above.
    }
    tell();
    show(document);
  });
  tell();
  if (local) show(document);
  new MutationObserver(() => local && show(document)).observe(document.querySelector("main"), {
    childList: true,
    characterData: true,
    subtree: true,
  });
}
