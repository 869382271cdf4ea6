/**
 * The visitor's token, click and TikTok's browser id, in the browser tag's own cookie, so that both know one visitor.
 *
 * Its places: visitor, browser id, last click and its time, first click and its time; percent-encoded, bars between.
 * It is written by a script here, for want of a page, and Safari removes it after 7 days (tiktok.md 8.3); where the
 * theme has the tag, the gateway has set it.
 */

import { mayStore } from "./consent";
import { attempt, cookie, draw, shop } from "./settings";

const [VISITOR, TTP, LAST, LAST_AT, FIRST, FIRST_AT] = [0, 1, 2, 3, 4, 5];
const NAME = "_tb";
const DAYS_90_SECONDS = 7_776_000;
const LONGEST_CLICK = 1_000;
const REMOVED = ["_tb", "_ttp", "_tt_enable_cookie", "ttclid"];

export interface Visitor {
  visitor_id?: string | undefined;
  ttclid?: string | undefined;
  ttp?: string | undefined;
}

let known: Promise<Visitor> | undefined;

const decoded = async (text: string): Promise<string> => (await attempt(() => decodeURIComponent(text))) ?? "";

/** Give the click of an address, decoded once; longer than TikTok makes them it is none. */
export const clickOf = (address: string): string => {
  const found = /[?&]ttclid=([^&#]+)/.exec(address)?.[1] ?? "";
  try {
    const click = decodeURIComponent(found);
    return click.length > LONGEST_CLICK ? "" : click;
  } catch {
    return "";
  }
};

const here = () => shop.init.context.document;

function newClick(): string {
  const { location, referrer } = here();
  const isInside = referrer.startsWith(location.origin + "/");
  const inCart = shop.init.data?.cart?.attributes?.find(({ key }) => key === "ttclid")?.value;
  return clickOf(location.href) || (isInside ? clickOf(referrer) : "") || inCart || "";
}

/** The domains on which a cookie may lie, the widest first. */
const domains = (): string[] => {
  const labels = here().location.hostname.split(".");
  return [...labels.map((_, at) => labels.slice(~at).join(".")), ""];
};

const written = (name: string, value: string, seconds: number, domain: string): string => {
  const secure = here().location.protocol === "https:" ? "; Secure" : "";
  return `${name}=${value}; path=/; max-age=${seconds}; SameSite=Lax${secure}${domain && `; domain=${domain}`}`;
};

async function keep(value: string): Promise<void> {
  for (const domain of domains()) {
    await attempt(() => shop.browser.cookie.set(written(NAME, value, DAYS_90_SECONDS, domain)));
    if ((await cookie(NAME)) === value) return;
  }
}

async function look(): Promise<Visitor> {
  const before = await cookie(NAME);
  const memory = await Promise.all(before.split("|").map(decoded));
  const click = newClick() || (memory[LAST!] ? "" : await decoded(await cookie("ttclid")));
  const ttp = (await decoded(await cookie("_ttp"))) || memory[TTP!] || "";
  if (mayStore()) {
    memory[VISITOR!] ||= draw();
    memory[TTP!] = ttp;
    if (click && click !== memory[LAST!]) {
      memory[LAST!] = click;
      memory[LAST_AT!] = String(Date.now());
      memory[FIRST!] ||= click;
      memory[FIRST_AT!] ||= memory[LAST_AT!]!;
    }
    const value = Array.from(memory, (part) => encodeURIComponent(part || "")).join("|");
    if (value !== before) await keep(value);
  }
  return { visitor_id: memory[VISITOR!] || undefined, ttclid: click || memory[LAST!] || undefined, ttp: ttp || undefined };
}

/** Give what is known of the visitor; asked for only once there is a permission. */
export const visitor = (): Promise<Visitor> => (known ??= look());

/** Look anew: another answer may permit what the one before did not. */
export const lookAgain = (): void => {
  known = undefined;
};

/** Forget, and give the visitor's token as it was last known. */
export async function forget(): Promise<string | undefined> {
  known = undefined;
  const token = await decoded((await cookie(NAME)).split("|")[VISITOR!]!);
  for (const name of REMOVED)
    for (const domain of domains()) await attempt(() => shop.browser.cookie.set(written(name, "", 0, domain)));
  return token || undefined;
}
