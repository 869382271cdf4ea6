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

const written = new WeakMap(); // what the server wrote into an element, which is UTC
const shown = new WeakMap(); // what stands there since

const two = (n) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const dateOf = (at) => `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;

// What the server wrote of a moment: its date belongs to it unless it is today's.
function inLocal(iso, written) {
  const at = new Date(iso);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const sameDay = at.getDate() === at.getUTCDate();
  return written.includes(" ") || !sameDay ? `${dateOf(at)} ${time}` : time;
}

function show(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const iso = time.dateTime;
    if (!/^\d{4}-\d\d-\d\dT/.test(iso)) continue;
    if (time.textContent !== shown.get(time)) written.set(time, time.textContent);
    const text = local ? inLocal(iso, written.get(time)) : written.get(time);
    if (time.textContent !== text) time.textContent = text;
    shown.set(time, text);
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
