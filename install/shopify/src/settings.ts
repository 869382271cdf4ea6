/** What the owner fills in at the head of the built file, and what Shopify hands a custom pixel. */

import type { ExtensionApi } from "@shopify/web-pixels-extension";

/** Where the gateway takes events, such as https://events.shop.example. */
declare const GATEWAY: string;
/** A browser key; public, as everything here. */
declare const KEY: string;
/** `everything`, or the `checkout` alone where the theme has the browser tag. */
declare const REPORTS: string;
/** `answered`: the visitor's own answer counts; `shopify`: whatever Shopify allows counts as one. */
declare const PERMISSION: string;

declare const analytics: ExtensionApi["analytics"];
declare const browser: ExtensionApi["browser"];
declare const init: ExtensionApi["init"];
declare const api: { customerPrivacy: ExtensionApi["customerPrivacy"] };

export const its = {
  gateway: GATEWAY.trim().replace(/\/+$/, ""),
  key: KEY.trim(),
  isCheckoutOnly: REPORTS === "checkout",
  trustsShopify: PERMISSION === "shopify",
};

/** Shopify's side, all of it asynchronous but `init`. */
export const shop = { analytics, browser, init, customerPrivacy: api.customerPrivacy };

/** Do what may fail where the top frame has no storage or cookies; give what was asked for, or nothing. */
export async function attempt<T>(what: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await what();
  } catch {
    return undefined;
  }
}

/** Draw an id that nobody guesses: 128 bits. */
export const draw = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Read a list from the shop's storage; an empty one where there is none, or no storage. */
export async function stored<T>(place: string): Promise<T[]> {
  const found = await attempt(async () => JSON.parse((await shop.browser.localStorage.getItem(place))!) as T[]);
  return Array.isArray(found) ? found : [];
}

/** Store a list, or with none remove it. */
export const store = (place: string, list: unknown[]): Promise<unknown> =>
  attempt(() =>
    list.length
      ? shop.browser.localStorage.setItem(place, JSON.stringify(list))
      : shop.browser.localStorage.removeItem(place),
  );

export const cookie = async (name: string): Promise<string> => {
  const value = await attempt(() => shop.browser.cookie.get(name));
  return typeof value === "string" ? value : "";
};
