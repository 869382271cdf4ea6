// Lets events show as they arrive, opens one of them beside the list, and copies a command. Without it the list is
// reloaded by hand, and an event is a page of its own.

const MOST_ROWS = 200;
const table = document.querySelector("[data-arriving]");
const status = document.querySelector("[data-arrival-status]");
const pause = document.querySelector("[data-pause]");
const drawer = document.querySelector("[data-drawer]");

let source = null;
let place = ""; // how far the list has come: number of the newest row, and time of the newest rejected one
let paused = false;

function say(word, kind) {
  if (status.dataset.status !== kind) status.dataset.status = kind;
  const told = status.querySelector("[data-word]");
  if (told.textContent !== word) told.textContent = word;
}

function address() {
  const wanted = new URL(table.dataset.arriving, location);
  const [after, since] = place.split("/");
  if (after) wanted.searchParams.set("after", after);
  if (since) wanted.searchParams.set("since", since);
  return wanted;
}

function listen() {
  source = new EventSource(address());
  const on = (name, act) =>
    source.addEventListener(name, (event) => {
      if (event.lastEventId) place = event.lastEventId;
      act(event);
    });
  source.addEventListener("open", () => say("live", "live"));
  source.addEventListener("error", () => say("connection lost, trying again", "lost"));
  on("rows", (event) => add(event.data));
  on("changed", (event) => change(event.data));
  on("left", () => (document.querySelector("[data-left]").hidden = false));
  on("tick", () => say("live", "live"));
  source.addEventListener("trouble", (event) => say(event.data, "lost"));
  source.addEventListener("ended", (event) => {
    hush();
    say(event.data, "lost");
  });
}

function hush() {
  source?.close();
  source = null;
}

function rowsIn(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  return [...fresh.content.querySelectorAll("tr")];
}

const known = (row) => table.tBodies[0].querySelector(`tr[data-key="${CSS.escape(row.dataset.key)}"]`);

// The newest comes first, in what arrives as in the list.
function add(html) {
  const body = table.tBodies[0];
  for (const row of rowsIn(html).reverse()) {
    const twin = known(row);
    if (twin) twin.replaceWith(row);
    else body.prepend(row);
  }
  while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1].remove();
  const empty = document.querySelector("[data-empty]");
  if (empty) empty.hidden = true;
}

function change(html) {
  for (const row of rowsIn(html)) {
    const twin = known(row);
    if (!twin) continue;
    for (const name of ["how", "why", "what"]) {
      const [old, wanted] = [twin, row].map((one) => one.querySelector(`.${name}`));
      if (old.innerHTML !== wanted.innerHTML && !old.contains(document.activeElement)) old.replaceWith(wanted);
    }
  }
}

function setPaused(wanted) {
  paused = wanted;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (paused) {
    hush();
    say("paused; nothing is lost", "paused");
  } else if (!source) listen();
}

async function open(address) {
  const wanted = new URL(address, location);
  wanted.searchParams.set("part", "1");
  const answer = await fetch(wanted, { credentials: "same-origin" });
  if (!answer.ok) {
    location.assign(address);
    return;
  }
  drawer.querySelector("[data-panes]").innerHTML = await answer.text();
  readyCopies(drawer);
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
}

function readyCopies(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.parentElement.querySelector("pre").textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
      }
    });
  }
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

if (table) {
  listen();
  pause.hidden = false;
  pause.addEventListener("click", () => setPaused(!paused));
  // A hidden page needs no news; one that comes back goes on where it was.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : source || paused || listen()));
  addEventListener("pagehide", hush);
}

if (drawer) {
  document.querySelector(".sightings").addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="/debugger/"]');
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    open(link.href);
  });
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer || event.target.closest("[data-close]")) drawer.close();
  });
}

readyCopies(document);
