/* What the pages do by themselves: report their events, ask for consent, add to the cart, and follow an order. */

const element = (id) => document.getElementById(id);
const told = (id) => JSON.parse(element(id)?.textContent || "null");

reportEvents();
askForConsent();
addWithoutLeaving();
document.querySelectorAll(".progress").forEach(follow);

function reportEvents() {
  const { identity, events } = told("events") || { events: [] };
  if (identity) ttq.identify(identity);
  for (const [name, properties, options] of events) ttq.track(name, properties, options);
}

function askForConsent() {
  const banner = element("consent");
  const words = { granted: "You have accepted.", denied: "You have refused." };
  const show = (shown) => {
    const answer = shopConsent.answer();
    element("consent-now").textContent = words[answer] || "";
    banner.hidden = !shown;
    document.body.classList.toggle("asking", shown);
  };
  banner.addEventListener("click", ({ target }) => {
    const { answer } = target.dataset;
    if (!answer) return;
    shopConsent.keep(answer);
    show(false);
  });
  document.addEventListener("click", ({ target }) => {
    if (!("changeConsent" in target.dataset)) return;
    show(true);
    banner.querySelector("button").focus();
  });
  const askAgain = () => {
    shopConsent.pass();
    show(!shopConsent.answer());
  };
  addEventListener("pageshow", ({ persisted }) => persisted && askAgain());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && askAgain());
  askAgain();
}

/* A page that stays open brings its event away for certain; without this script the form works all the same. */
function addWithoutLeaving() {
  element("add")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) return form.submit();
    ttq.track(...told("added-event"));
    const count = element("in-cart");
    count.textContent = Number(count.textContent) + 1;
    count.hidden = element("added").hidden = false;
  });
}

// What stands between `backticks` is shown as code.
function withCode(sentence) {
  return sentence.split("`").map((text, i) => (i % 2 ? Object.assign(document.createElement("code"), { textContent: text }) : text));
}

function follow(section) {
  const mostLooks = 180;
  let looks = 0;
  const look = async () => {
    const answer = await fetch(section.dataset.status).catch(() => null);
    const { browser, server, sent, done, sentence } = answer?.ok ? await answer.json() : {};
    const consent = shopConsent.answer();
    element("from-browser").classList.toggle("arrived", Boolean(browser));
    element("from-server").classList.toggle("arrived", Boolean(server));
    element("to-tiktok").classList.toggle("arrived", Boolean(sent));
    element("sentence").replaceChildren(...withCode(sentence || "The shop does not answer."));
    element("refused").hidden = consent !== "denied";
    element("asking").hidden = Boolean(consent);
    if (++looks < mostLooks) setTimeout(look, done ? 3_000 : 1_000);
  };
  look();
}
