/**
 * What the visitor allowed, from what Shopify says of it.
 *
 * Shopify's four booleans are permissions and no answers: `marketingAllowed` is true as well where its settings ask
 * nobody. So the answer itself is looked for: the event in which it is given, what was remembered of one, and Shopify's
 * own cookie, whose `con.CMP.m` is "1", "0" or, not answered, "".
 */

import { attempt, cookie, its, shop, store, stored } from "./settings";

export type State = "open" | "granted" | "refused";

interface Allowed {
  marketingAllowed: boolean;
  saleOfDataAllowed: boolean;
}

interface Noted {
  answer: boolean | undefined;
  region: string | undefined;
}

const COOKIE = "_tracking_consent";
const PLACE = "tb_shopify_yes";
const ANSWERS: Record<string, boolean> = { "1": true, "0": false };

let allowed: Allowed = { marketingAllowed: false, saleOfDataAllowed: false };
let answer: boolean | undefined;
let region: string | undefined;

/** Read what Shopify noted of this visitor; nothing of it where the cookie has another form by now. */
async function noted(): Promise<Noted> {
  const text = await cookie(COOKIE);
  const found = await attempt(() => JSON.parse(text.startsWith("%") ? decodeURIComponent(text) : text));
  const place = String(found?.region ?? "");
  return {
    answer: ANSWERS[String(found?.con?.CMP?.m)],
    region: /^[A-Z]{2}/.test(place) ? place.replace(/^([A-Z]{2})([A-Z0-9]{1,3})$/, "$1-$2") : undefined,
  };
}

/** Begin with what is known when the page comes. */
export async function begin(): Promise<void> {
  const found = await noted();
  const [remembered] = await stored<boolean>(PLACE);
  region = found.region;
  if (answer !== undefined) return; // the visitor was quicker
  allowed = shop.init.customerPrivacy ?? allowed;
  answer = found.answer ?? (allowed.marketingAllowed && remembered ? true : undefined);
}

/** Take an answer that is given now. */
export async function hear(given: Allowed): Promise<void> {
  allowed = given;
  answer = given.marketingAllowed;
  await store(PLACE, answer ? [true] : []);
}

export function state(): State {
  if (answer === false) return "refused";
  if (!allowed.marketingAllowed) return "open";
  // Silence does where the law is opt-out; the gateway judges again by its own table of places.
  return answer || its.trustsShopify || region?.startsWith("US") ? "granted" : "open";
}

/** Tell whether the browser may be written to: silence is no permission for that. */
export const mayStore = (): boolean => state() === "granted" && (answer === true || its.trustsShopify);

/** Give the answer as an event carries it. */
export function record(): Record<string, unknown> {
  const refused = state() === "refused";
  const word = refused ? "denied" : mayStore() ? "granted" : undefined;
  return {
    ad_storage: word,
    ad_user_data: word,
    ad_personalization: word && (allowed.saleOfDataAllowed ? word : "denied"),
    opt_out: allowed.saleOfDataAllowed || refused ? undefined : true,
    region,
    source: "shopify",
  };
}
