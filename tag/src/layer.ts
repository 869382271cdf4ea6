/**
 * Events that the page's dataLayer holds already: GA4's recommended ones, pushed as objects or by `gtag('event', ...)`.
 *
 * The names are those of tiktok.md 5.8; TikTok's own in Google's spelling (`start_trial`) count too, anything else does
 * not. An `ecommerce` that was pushed alone belongs to the next event, and null takes it back.
 */

import { attempt, win, type Settings } from "./settings";
import { twins } from "./twins";
import type { Event } from "./transport";

const NAMES: Record<string, string> = {
  ViewItem: "ViewContent",
  BeginCheckout: "InitiateCheckout",
  SignUp: "CompleteRegistration",
  GenerateLead: "Lead",
  FileDownload: "Download",
};
const SAME =
  /^(Add(PaymentInfo|ToCart|ToWishlist)|Purchase|Search|Contact|Schedule|Subscribe|StartTrial|SubmitApplication|FindLocation|CustomizeProduct|Download)$/;

/** Give a number that stands there, perhaps as text; nothing where there is none. */
const number = (given: unknown): number | undefined => (parseFloat(given as string) === +(given as string) ? +(given as string) : undefined);

/** Give what an event of GA4's says, in TikTok's words (tiktok.md 5.8, 2.4). */
function properties({ items, value, currency, coupon, search_term, transaction_id }: Event): Event {
  const contents = items?.map?.((item: Event) => ({
    content_id: "" + (item.item_id ?? item.id ?? ""),
    content_name: item.item_name ?? item.name,
    content_category: ["", 2, 3, 4, 5].map((n) => item["item_category" + n]).filter(Boolean).join() || undefined,
    brand: item.item_brand,
    price: number(item.price),
    quantity: number(item.quantity) || 1,
  }));
  const sum = contents?.reduce((all: number, { price, quantity }: Event) => all + price * quantity, 0);
  return {
    contents,
    content_type: contents && "product",
    value: number(value) ?? (sum ? +sum.toFixed(2) : undefined),
    currency,
    coupon,
    search_string: search_term,
    order_id: transaction_id,
  };
}

win.twinbeam.layer = (_hear: unknown, its: Settings, told: unknown[][]): (() => void) => {
  const layer = win.dataLayer;
  const report = twins(win.twinbeam, told);
  let kept: Event | undefined;
  let viewed = "";

  const read = (item: any): void => {
    const called = item[0] === "event";
    const given = String(called ? item[1] : item.event);
    if ("ecommerce" in item) kept = item.ecommerce;
    const own = given.replace(/(^|_)[a-z]/g, (letter) => letter.slice(-1).toUpperCase());
    let name = SAME.test(own) ? own : NAMES[own];
    if (own === "PageView" && viewed !== location.href) {
      viewed = location.href;
      name = its.view;
    }
    if (!name) return;
    const said: Event = called ? item[2] || {} : { ...item, ...kept };
    kept = undefined;
    report("layer", name, properties(said), { event_id: said.event_id });
  };

  const heed = (item: unknown): unknown => attempt(() => read(item));
  const push = layer.push;
  [...layer].forEach(heed);
  layer.push = function (...items: unknown[]) {
    const result = push.apply(this, items);
    items.forEach(heed);
    return result;
  };
  return () => undefined;
};
