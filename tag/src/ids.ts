/**
 * The id of an event: the caller's, the order's, one from the tokens of checkout or cart, or none.
 *
 * The recipes are those of the gateway (docs/reference/identifiers.md), and both are held to spec/identifiers.json.
 */

import { attempt } from "./settings";
import { sha256 } from "./sha256";

export interface Tokens {
  event_id?: string | undefined;
  order_id?: string | undefined;
  order_token?: string | undefined;
  checkout_token?: string | undefined;
  cart_token?: string | undefined;
  cart_line?: string | undefined;
  action?: number | undefined;
}

/** TikTok's own renames (tiktok.md 5.2, 5.3): one event, two spellings. */
const RENAMED: Record<string, string> = {
  CompletePayment: "Purchase",
  SubmitForm: "Lead",
  AddBilling: "AddPaymentInfo",
  Checkout: "PlaceAnOrder",
  ClickForm: "Lead",
  Registration: "CompleteRegistration",
  StartCheckout: "InitiateCheckout",
};

/** Which of order, checkout and cart names an event: a cart may outlive an order, so it names no purchase. */
const ONCE: Record<string, number> = {
  Purchase: 2,
  PlaceAnOrder: 2,
  InitiateCheckout: 3,
  AddPaymentInfo: 3,
  Lead: 2,
  CompleteRegistration: 2,
  Subscribe: 2,
  StartTrial: 2,
};

export const canonical = (event: string): string => RENAMED[event] || event;

/** Tell whether an event happens once per order or checkout. */
export const isOnce = (event: string): boolean => canonical(event) in ONCE;

const said = (text: unknown): string => {
  const value = text == null ? "" : String(text);
  return /^\s*(0|null|none|undefined|nan)?\s*$/i.test(value) ? "" : value;
};

const hashed = (kind: string, text: string): string => kind + "-" + sha256(text).slice(0, 32);

const named = (kind: string, event: string, token: unknown): string => {
  const value = said(token);
  return value && hashed(kind, [kind, event, value].join("\n"));
};

const PERSONAL = /[^\s@]@([\w-]+\.)+[a-z][\w-]|(^|\W)\+[ (]{0,2}[1-9]([ .\-()/]{0,3}\d){7,14}(?!\d)/i;

/** Give an id that may be shown: its hash where it holds an e-mail address or a phone number. */
function safe(id: string): string {
  const plain = attempt(() => decodeURIComponent(id)) || id;
  return PERSONAL.test(plain) ? hashed("sha", id) : id;
}

/** Give an event's id; one that is derived for a shop beside the first begins with the shop's name. */
export function idOf(event: string, tokens: Tokens, from?: string, shop?: string): string {
  const name = canonical(event);
  const kinds = ONCE[name] || 0;
  // Shopify writes one order as #1001 and as gid://shopify/Order/1001.
  const order = safe(said(tokens.order_id)).replace(/^(#\s*|gid:.*\/)([^/?#]+)(\?.*)?$/, "$2");
  const token = kinds ? named("token", name, tokens.order_token) : "";
  const { cart_token: cart, cart_line: line, action } = tokens;
  const derived =
    (from === "order" ? order || token : token || order) ||
    (kinds ? named("checkout", name, tokens.checkout_token) : "") ||
    (kinds > 2 ? named("cart", name, cart) : "") ||
    (/^AddTo(Cart|Wishlist)$/.test(name) && said(cart) && line && action != null
      ? named("line", name, [cart, line, action].join("\n"))
      : "");
  return safe(said(tokens.event_id)) || (derived && shop ? shop + "-" + derived : derived);
}
