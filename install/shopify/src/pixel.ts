/** The custom pixel: every customer event of Shopify's goes through the visitor's permission, to the gateway or nowhere. */

import type { Context, PixelEvents } from "@shopify/web-pixels-extension";

import { begin, hear, mayStore, record, state } from "./consent";
import { CHECKOUT, customer, page, STOREFRONT, type Event } from "./events";
import { drop, post, resume, transmit } from "./outbox";
import { its, shop, store, stored } from "./settings";
import { forget, lookAgain, visitor } from "./visitor";

interface Draft {
  event: Event;
  at: number;
}

const PLACE = "tb_shopify_once";
const MOST_MARKS = 200;
const MOST_WAITING = 50;
const TOKENS = ["visitor_id", "checkout_token", "cart_token"] as const;

let waiting: Draft[] = [];
/** What happens here happens one after the other, because Shopify answers later. */
let turn: Promise<void> = begin();
const fired: string[] = [];
const told: string[] = [];

const after = (what: () => Promise<void>): void => {
  turn = turn.then(what).catch(() => undefined);
};

for (const [name, read] of Object.entries({ ...(its.isCheckoutOnly ? {} : STOREFRONT), ...CHECKOUT }))
  shop.analytics.subscribe(name as keyof PixelEvents, (event) => {
    const at = Date.now();
    const { context } = event as { context: Context };
    after(() => lead({ at, event: { ...(read as (it: unknown) => Event)(event), page: page(context) } }));
  });

shop.customerPrivacy.subscribe("visitorConsentCollected", ({ customerPrivacy }) =>
  after(async () => {
    await hear(customerPrivacy);
    lookAgain();
    await release();
  }),
);

after(release);

/** Lead one event on, as far as the visitor has allowed by now. */
async function lead(draft: Draft): Promise<void> {
  if (state() === "granted") return report(draft);
  if (state() === "refused") return tell([draft.event]);
  waiting = [...waiting, draft].slice(-MOST_WAITING);
}

async function release(): Promise<void> {
  if (state() === "refused") return refuse();
  if (state() !== "granted") return;
  await visitor(); // remembers the click of this page, whether or not anything is reported from it
  await resume();
  for (const draft of waiting.splice(0)) await report(draft);
}

async function report({ event, at }: Draft): Promise<void> {
  if (!(await isFirst(event))) return;
  const { visitor_id, ttclid, ttp } = await visitor();
  const user = { external_id: customer(), ...(event.user as Event | undefined), ttclid, ttp };
  // TikTok's own script has no part in this: whoever lets it report as well has two events.
  post({ ...event, visitor_id, user, consent: record(), native: "not_fired" }, at);
}

/** Tell whether an order or a step of its checkout is reported for the first time, in this tab or another one. */
async function isFirst({ event, event_id, order_id, checkout_token, cart_token }: Event): Promise<boolean> {
  const named = order_id ?? checkout_token ?? cart_token;
  if (event_id || !named) return true;
  const mark = `${String(event)} ${String(named)}`;
  const marks = await stored<string>(PLACE);
  if ([...fired, ...marks].includes(mark)) return false;
  fired.push(mark);
  if (mayStore()) await store(PLACE, [...marks, mark].slice(-MOST_MARKS));
  return true;
}

/** Forget, and tell the gateway: by the visitor's token if there was one, and by what the shop's server knows as well. */
async function refuse(): Promise<void> {
  const visitor_id = await forget();
  drop();
  await store(PLACE, []);
  tell([{ visitor_id }, ...waiting.splice(0).map(({ event }) => event)]);
}

/** State a refusal by the tokens of these visits, each once. */
function tell(visits: Event[]): void {
  // The sandbox has no origin to show, so the statement names the page.
  const page_url = `${shop.init.context.document.location.origin}/`;
  for (const visit of visits) {
    const named = Object.fromEntries(TOKENS.map((name) => [name, visit[name]]));
    const text = JSON.stringify(named);
    if (text === "{}" || told.includes(text)) continue;
    told.push(text);
    void transmit("/v1/consent", { statements: [{ ...named, page_url, consent: record() }] });
  }
}
