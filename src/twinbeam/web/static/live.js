// Keeps the overview current and puts "/" on the search field. Every page works without it.

const region = document.querySelector("[data-live]");
const status = document.querySelector("[data-status]");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let source = null;

function show(word, kind) {
  status.dataset.status = kind;
  status.querySelector("[data-word]").textContent = word ? ` · ${word}` : "";
}

function setClock(iso) {
  const clock = status.querySelector("[data-clock]");
  clock.dateTime = iso;
  clock.textContent = iso.slice(11, 19);
}

function listen() {
  source = new EventSource(region.dataset.live);
  source.addEventListener("open", () => show("live", "live"));
  source.addEventListener("error", () => show("connection lost, trying again", "lost"));
  source.addEventListener("trouble", (event) => show(event.data, "lost"));
  source.addEventListener("ended", (event) => {
    hush();
    show(event.data, "lost");
  });
  source.addEventListener("tick", (event) => {
    setClock(event.lastEventId);
    show("live", "live");
  });
  source.addEventListener("snapshot", (event) => {
    const fresh = document.createElement("template"); // unlike a document's body, it keeps the leading blanks
    fresh.innerHTML = event.data;
    mend(region, fresh.content);
    setClock(event.lastEventId);
    show("live", "live");
  });
}

function hush() {
  source?.close();
  source = null;
}

// Makes `old` look like `fresh` while keeping its elements, so that focus, selection and scrolling stay.
function mend(old, fresh) {
  const keyed = new Map([...old.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const first = keyed.size === 0;
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = wanted.dataset?.key;
    const twin = key ? keyed.get(key) : alike(at, wanted) ? at : null;
    if (!twin) {
      const node = document.importNode(wanted, true);
      old.insertBefore(node, at);
      if (key && !first) glow(node);
    } else {
      if (twin === at) at = at.nextSibling;
      else old.insertBefore(twin, at);
      mendOne(twin, wanted);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function alike(node, wanted) {
  return node && node.nodeName === wanted.nodeName && !node.dataset?.key;
}

function mendOne(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) {
      node.data = wanted.data;
      if (node.parentElement.matches("[data-number]")) glow(node.parentElement);
    }
    return;
  }
  for (const { name } of [...node.attributes]) if (!wanted.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  mend(node, wanted);
}

function glow(node) {
  if (!calm.matches) node.animate([{ backgroundColor: "var(--glow)" }, { backgroundColor: "transparent" }], 1200);
}

if (region) {
  listen();
  // A hidden page needs no news; a page that comes back gets a whole snapshot at once.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : source || listen()));
  addEventListener("pagehide", hush);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea")) return;
  event.preventDefault();
  document.querySelector(".find [name=q]").focus();
});
