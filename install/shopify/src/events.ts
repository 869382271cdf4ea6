/**
 * From Shopify's customer events to the gateway's.
 *
 * Ids stay texts: Shopify's have up to 18 digits, which a number of JavaScript's cannot hold. An order is named by its
 * id and its checkout's token, as the signed webhook names it, so both copies come to one event id at the gateway.
 */

import type {
  Checkout,
  CheckoutLineItem,
  Context,
  MailingAddress,
  MoneyV2,
  PixelEvents,
  ProductVariant,
} from "@shopify/web-pixels-extension";

import { shop } from "./settings";

export type Event = Record<string, unknown>;
type Reading<K extends keyof PixelEvents> = (event: PixelEvents[K]) => Event;

/** Give the number at the end of an id, whole or as gid://shopify/Order/1001?key=...; a rounded one is none. */
export const idOf = (id: unknown): string | undefined => {
  if (typeof id === "number") return Number.isSafeInteger(id) ? String(id) : undefined;
  const text = String(id ?? "").replace(/[?#].*$/, "");
  return text.slice(text.lastIndexOf("/") + 1) || undefined;
};

const amount = (money: MoneyV2 | null | undefined): number | undefined => {
  const found = Number(money?.amount ?? Number.NaN);
  return Number.isFinite(found) ? found : undefined;
};

const content = (variant: ProductVariant | null | undefined, quantity?: number, price?: number): Event => ({
  content_id: idOf(variant?.id) ?? idOf(variant?.product?.id) ?? variant?.sku ?? undefined,
  content_name: variant?.product?.title,
  brand: variant?.product?.vendor || undefined,
  sku: variant?.sku || undefined,
  variant_id: idOf(variant?.id),
  group_id: idOf(variant?.product?.id),
  price: price ?? amount(variant?.price),
  quantity,
});

const line = (item: CheckoutLineItem): Event => {
  const paid = amount(item.finalLinePrice);
  const each = paid === undefined || !item.quantity ? undefined : Math.round((paid / item.quantity) * 100) / 100;
  return content(item.variant, item.quantity, each);
};

/** Give a cart's token as its webhook has it: without what opens the cart. */
export const cartToken = (context: Context): string | undefined => {
  const inPath = /^\/checkouts\/[a-z]{1,3}\/([^/?#]+)/.exec(context.document.location.pathname)?.[1];
  return idOf(inPath ?? shop.init.data?.cart?.id);
};

const user = (checkout: Checkout): Event => {
  const addresses: (MailingAddress | null)[] = [checkout.shippingAddress, checkout.billingAddress];
  const of = (name: keyof MailingAddress) => addresses.map((it) => it?.[name]).find(Boolean) ?? undefined;
  return {
    email: checkout.email || undefined,
    phone: checkout.phone || of("phone"),
    external_id: idOf(checkout.order?.customer?.id) ?? customer(),
    first_name: of("firstName"),
    last_name: of("lastName"),
    city: of("city"),
    state: of("provinceCode"),
    zip_code: of("zip"),
    country: of("countryCode"),
  };
};

/** Give the shop's id of whoever is signed in. */
export const customer = (): string | undefined => idOf(shop.init.data?.customer?.id);

const checkout = (name: string, { data, context }: { data: { checkout: Checkout }; context: Context }): Event => {
  const { order, totalPrice, totalTax, shippingLine, currencyCode, token, lineItems } = data.checkout;
  return {
    event: name,
    order_id: idOf(order?.id),
    checkout_token: token ?? undefined,
    cart_token: cartToken(context),
    user: user(data.checkout),
    properties: {
      value: amount(totalPrice),
      currency: totalPrice?.currencyCode ?? currencyCode ?? undefined,
      tax: amount(totalTax),
      shipping: amount(shippingLine?.price),
      contents: lineItems.map(line),
      content_type: "product",
    },
  };
};

const product = (name: string, id: string, variant: ProductVariant | null | undefined, quantity = 1): Event => {
  const each = amount(variant?.price);
  return {
    event: name,
    event_id: id,
    properties: {
      value: each === undefined ? undefined : Math.round(each * quantity * 100) / 100,
      currency: variant?.price?.currencyCode,
      contents: [content(variant, quantity)],
      content_type: "product",
    },
  };
};

/** What happens in the shop; an event without an order or checkout is named by Shopify's own id for it. */
export const STOREFRONT: { [K in keyof PixelEvents]?: Reading<K> } = {
  page_viewed: ({ id }) => ({ event: "Pageview", event_id: id }),
  product_viewed: ({ id, data }) => product("ViewContent", id, data.productVariant),
  search_submitted: ({ id, data }) => ({
    event: "Search",
    event_id: id,
    properties: { search_string: data.searchResult.query },
  }),
  product_added_to_cart: ({ id, data, context }) => ({
    ...product("AddToCart", id, data.cartLine?.merchandise, data.cartLine?.quantity),
    cart_token: cartToken(context),
  }),
};

/** What happens at the checkout: once for each, however often Shopify says so. */
export const CHECKOUT: { [K in keyof PixelEvents]?: Reading<K> } = {
  checkout_started: (event) => checkout("InitiateCheckout", event),
  payment_info_submitted: (event) => checkout("AddPaymentInfo", event),
  checkout_completed: (event) => checkout("Purchase", event),
};

/** Give the page; the path of a checkout or an order opens it, so it stays here. */
export function page({ document: { location, referrer } }: Context): Event {
  const plain = (address: string): string =>
    address.replace(/^(https?:\/\/[^/?#]+\/(?:[a-z]{2}(?:-[a-zA-Z]{2})?\/)?(?:checkouts|orders|account)\b).*/, "$1");
  return { url: plain(location.href), referrer: plain(referrer) || undefined };
}
