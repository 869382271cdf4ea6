/** From one call of the page's to two copies under one id: TikTok's script's own, and the gateway's. */

import { browserId, click, visitor } from "./click";
import { limited, record } from "./consent";
import { canonical, idOf, isOnce, type Tokens } from "./ids";
import { fateOf, isEarly, isLoaded, pass } from "./native";
import { fired, isRepeat, remember } from "./once";
import { sha256 } from "./sha256";
import { doc, draw, its, win } from "./settings";
import type { Args } from "./stub";
import { found, report, say } from "./tell";
import { post, scrubbed, type Event, type Parcel } from "./transport";

const EVIDENCE_MS = 2_500;
/** From then on TikTok takes PlaceAnOrder no longer for certain (tiktok.md 5.2). */
const PLACE_AN_ORDER_ENDS_MS = Date.UTC(2027, 0, 1);

/** What the page knows of the visit, as `twinbeam.set` was told it. */
export const visit: Tokens & { ttclid?: string } = {};
export const TOKENS = ["order_token", "checkout_token", "cart_token"] as const;

const users: Record<string, Event> = {};
export const tokensOf = ([, props, opts]: Args): Tokens => ({ ...visit, ...(props as Tokens), ...(opts as Tokens) });

/** Lead one permitted call to both channels. */
export function admit(code: string, method: string, args: Args): unknown {
  const [first, second] = args as [any, Event | undefined];
  if (method === "track") return track(code, String(first), second, args[2] as Event | undefined);
  if (method === "identify") {
    users[code] = typeof first === "string" ? { external_id: first, ...second } : { ...first };
    scrubbed({ user: userOf(code) }); // what has to be hashed of it is hashed now
  }
  if (method === "load" && limited()) args = [first, { ...second, limited_data_use: true }];
  const at = performance.now();
  const result = pass(code, method, args);
  if (method === "page") mirror(code, "Pageview", first, {}, at);
  return result;
}

function track(code: string, event: string, props?: Event, opts?: Event): void {
  const tokens = tokensOf([event, props, opts]);
  const given = idOf(event, tokens, its.ids, its.shop);
  const only = code || opts?.pixel_code || "";
  // A call that names nothing is told from its repetition only where the browser says that the page is one.
  const mark = [only, canonical(event), given || sha256(location.href + JSON.stringify(props))].join(" ");
  if (isOnce(event)) {
    if (fired(mark) && (given || isRepeat())) return say("again", event, given);
    remember(mark);
  }
  const options: Event = { ...opts, event_id: given || draw() };
  const properties: Event = { ...props };
  if (limited()) options.limited_data_use = true;
  TOKENS.forEach((token) => {
    delete options[token];
    delete properties[token];
  });
  const at = performance.now();
  const name = nativeName(event);
  if (name) pass(code, "track", [name, properties, options]);
  mirror(only, event, properties, { ...tokens, event_id: options.event_id }, at, name === event ? "" : "not_fired");
}

/** Give the name under which TikTok's script may report an event now, or none. */
function nativeName(event: string): string {
  if ((its.purchase || "placed") === "placed" || canonical(event) !== "Purchase") return event;
  if (isEarly()) report("gate_void");
  return Date.now() < PLACE_AN_ORDER_ENDS_MS ? its.instead || "" : "";
}

function userOf(code: string): Event {
  const user: Event = {};
  for (const [field, value] of Object.entries({ ...(users[code] || users[""]) }))
    // TikTok's script knows phone_number, sha256_email and sha256_phone_number (tiktok.md 9.3).
    user[field.replace(/^sha256_|_number$/g, "")] = value;
  win.twinbeam.hashed?.(user, sha256);
  return { ...user, ttclid: click(), ttp: browserId() };
}

function mirror(code: string, event: string, props: Event | undefined, tokens: Tokens, at: number, native = ""): void {
  const body: Event = {
    event,
    event_id: tokens.event_id || draw(),
    pixel: code || undefined,
    visitor_id: visitor(),
    ...Object.fromEntries(["order_id" as const, ...TOKENS].map((token) => [token, tokens[token]])),
    user: userOf(code),
    page: { url: location.href, referrer: doc.referrer || undefined },
    properties: props,
    consent: { region: its.region, ...record() },
    native: its.mode === "gateway" ? "not_fired" : native || undefined,
  };
  post(body, at, EVIDENCE_MS, event !== "Pageview");
}

/** Tell whether a parcel may leave, has to wait for evidence, or has nothing to say while TikTok's script is alive. */
export function judge({ event, called }: Parcel, last: boolean): "go" | "wait" | "drop" {
  if (!event.native) {
    const fate = fateOf(called!);
    if (!fate && !last) return "wait";
    event.native = fate || (isLoaded() ? "unknown" : "not_fired");
    say("native", event.event, event.event_id, event.native);
  }
  if (event.event === "Pageview" && /sent|unknown/.test(event.native)) return "drop";
  if (found.length) event.observed = found.splice(0);
  return "go";
}
