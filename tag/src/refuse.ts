/**
 * What a refusal asks for beside silence: to forget, and to tell the gateway.
 *
 * Before a permission the gateway is told by the tokens of cart and checkout alone, which the shop's server knows as
 * well; after one by the visitor's token too, which the cookie holds until it is removed here.
 */

import type { Tokens } from "./ids";
import { win } from "./settings";

export interface Refusal {
  /** What the page's calls said of carts and checkouts, and what the page itself knows. */
  tokens: Tokens[];
  visitor: string;
  record: () => unknown;
  transmit: (path: string, body: unknown) => void;
  /** Removes a cookie. */
  remove: (name: string) => void;
}

const COOKIES = /^(_tb|_tt_enable_cookie|_ttp|ttclid|ttcsid.*)$/;
const WISH = /\/k\?key=/;
const PLACES = ["tb_once", "tb_outbox", "tb_receipt"];

win.twinbeam.refuse = ({ tokens, visitor, record, transmit, remove }: Refusal): void => {
  const told: string[] = [];
  const tell = ({ order_token, cart_token, checkout_token }: Tokens, visitor_id?: string): void => {
    const body = { visitor_id, order_token, checkout_token, cart_token, consent: record() };
    const text = JSON.stringify(body);
    if ((!visitor_id && !order_token && !checkout_token && !cart_token) || told.includes(text)) return;
    told.push(text);
    transmit("c", { statements: [body] });
  };
  const forget = (): void => {
    PLACES.forEach((place) => localStorage.removeItem(place));
    document.cookie
      .split("; ")
      .map((each) => each.split("=")[0]!)
      .filter((name) => COOKIES.test(name))
      .forEach(remove);
  };
  try {
    forget();
    // The gateway's answer to an earlier wish for the cookie may be under way, and would set it again.
    const before = performance.now();
    const wishes = ({ name, startTime }: PerformanceEntry): boolean => startTime <= before && WISH.test(name);
    new PerformanceObserver((seen) => seen.getEntries().some(wishes) && forget()).observe({ type: "resource" });
  } catch {
    // Without storage and cookies there is nothing to forget.
  }
  if (visitor) tell({}, visitor);
  tokens.forEach((each) => tell(each));
  tokens.push = (each) => {
    tell(each!);
    return 0;
  };
};
