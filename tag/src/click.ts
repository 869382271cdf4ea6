/**
 * The visitor's token, the last and the first click, and TikTok's browser id, in one cookie of the shop's host.
 *
 * The gateway sets it, because Safari removes what scripts write after 7 days, or 24 hours behind a click
 * (tiktok.md 8.3); until it has, the script's own stands in. A click id is kept whole, up to 1,000 characters (8.1).
 */

import { record } from "./consent";
import { attempt, doc, draw } from "./settings";
import { transmit } from "./transport";

/** The places of what the cookie holds, each percent-encoded, with bars between. */
const VISITOR = 0;
const TTP = 1;
const LAST = 2;
const LAST_AT = 3;
const FIRST = 4;
const FIRST_AT = 5;

const NAME = "_tb";
const DAYS_90_SECONDS = 7_776_000;
const MOST_COOKIE_CHARS = 3_900;

let memory: string[] = [];

export const visitor = (): string | undefined => memory[VISITOR];
export const click = (): string | undefined => memory[LAST] || undefined;
export const browserId = (): string | undefined => decoded(raw("_ttp")) || memory[TTP] || undefined;

const decoded = (text: string): string => attempt(() => decodeURIComponent(text)) || "";
const all = (): string[] => (attempt(() => doc.cookie) || "").split("; ");
const raw = (name: string): string =>
  (all().find((each) => each.startsWith(name + "=")) || "").slice(name.length + 1);

/** Set or, with no time left, remove a cookie on the widest domain that the browser accepts; give that domain. */
function set(name: string, value: string, seconds: number): string | undefined {
  const labels = location.hostname.split(".");
  return [...labels.map((_, i) => labels.slice(~i).join(".")), ""].find((domain) => {
    const where = domain && "; domain=" + domain;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    attempt(() => (doc.cookie = `${name}=${value}; path=/; max-age=${seconds}; SameSite=Lax${secure}${where}`));
    return seconds && raw(name) === value;
  });
}

/** Give the click of an address, decoded once; longer than TikTok makes them it is none. */
const clickOf = (address: string): string => {
  const found = attempt(() => new URL(address).searchParams.get("ttclid")) || "";
  return found.length > 1_000 ? "" : found;
};

/**
 * Begin to remember, which is allowed from now on: the click stands in the location, in the address of the page
 * before it on the same host, or in what the shop's cart knows. Tells whether it may have been lost meanwhile.
 */
export function begin(cart: string | undefined): boolean {
  const inside = attempt(() => new URL(doc.referrer).host === location.host);
  const found = clickOf(location.href) || (inside && clickOf(doc.referrer)) || cart || "";
  memory = raw(NAME).split("|").map(decoded);
  const lost = !memory[VISITOR] && !found && inside;
  memory[VISITOR] ||= draw();
  if (found && found !== memory[LAST]) {
    memory[LAST] = found;
    memory[LAST_AT] = "" + Date.now();
    memory[FIRST] ||= found;
    memory[FIRST_AT] ||= memory[LAST_AT];
  }
  keep();
  return !!lost;
}

/** Keep what is remembered, where it is not what the cookie says already. */
export function keep(): void {
  memory[TTP] = browserId() || "";
  const parts = Array.from(memory, (part) => encodeURIComponent(part || ""));
  const value = (parts.join().length > MOST_COOKIE_CHARS ? parts.slice(0, FIRST) : parts).join("|");
  if (raw(NAME) === value) return;
  transmit("k", { value, domain: set(NAME, value, DAYS_90_SECONDS), consent: record() });
}

export const remove = (name: string): unknown => set(name, "", 0);

/** Forget, and give the visitor's token as it was last known: by this page, or by the cookie of an earlier one. */
export function forget(): string {
  const [known = decoded(raw(NAME).split("|")[VISITOR]!)] = memory;
  memory = [];
  return known;
}
