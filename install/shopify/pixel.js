// Twinbeam's custom pixel for Shopify: docs/howto/shopify.md. Fill in the first two lines and paste all of it.
const GATEWAY = "https://events.shop.example"; // where the gateway takes events
const KEY = "tbb_..."; // a browser key: twinbeam keys create browser --source shopify --pixel CODE
const REPORTS = "everything"; // "checkout" where the theme has the browser tag
const PERMISSION = "answered"; // "shopify": what Shopify allows counts as the visitor's answer

// Built by install/shopify/build.mjs; change what stands in src/ beside it and not what follows.
"use strict";
(() => {
  // src/settings.ts
  var its = {
    gateway: GATEWAY.trim().replace(/\/+$/, ""),
    key: KEY.trim(),
    isCheckoutOnly: REPORTS === "checkout",
    trustsShopify: PERMISSION === "shopify"
  };
  var shop = { analytics, browser, init, customerPrivacy: api.customerPrivacy };
  async function attempt(what) {
    try {
      return await what();
    } catch {
      return void 0;
    }
  }
  var draw = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  async function stored(place) {
    const found = await attempt(async () => JSON.parse(await shop.browser.localStorage.getItem(place)));
    return Array.isArray(found) ? found : [];
  }
  var store = (place, list) => attempt(
    () => list.length ? shop.browser.localStorage.setItem(place, JSON.stringify(list)) : shop.browser.localStorage.removeItem(place)
  );
  var cookie = async (name) => {
    const value = await attempt(() => shop.browser.cookie.get(name));
    return typeof value === "string" ? value : "";
  };

  // src/consent.ts
  var COOKIE = "_tracking_consent";
  var PLACE = "tb_shopify_yes";
  var ANSWERS = { "1": true, "0": false };
  var allowed = { marketingAllowed: false, saleOfDataAllowed: false };
  var answer;
  var region;
  async function noted() {
    const text = await cookie(COOKIE);
    const found = await attempt(() => JSON.parse(text.startsWith("%") ? decodeURIComponent(text) : text));
    const place = String(found?.region ?? "");
    return {
      answer: ANSWERS[String(found?.con?.CMP?.m)],
      region: /^[A-Z]{2}/.test(place) ? place.replace(/^([A-Z]{2})([A-Z0-9]{1,3})$/, "$1-$2") : void 0
    };
  }
  async function begin() {
    const found = await noted();
    const [remembered] = await stored(PLACE);
    region = found.region;
    if (answer !== void 0) return;
    allowed = shop.init.customerPrivacy ?? allowed;
    answer = found.answer ?? (allowed.marketingAllowed && remembered ? true : void 0);
  }
  async function hear(given) {
    allowed = given;
    answer = given.marketingAllowed;
    await store(PLACE, answer ? [true] : []);
  }
  function state() {
    if (answer === false) return "refused";
    if (!allowed.marketingAllowed) return "open";
    return answer || its.trustsShopify || region?.startsWith("US") ? "granted" : "open";
  }
  var mayStore = () => state() === "granted" && (answer === true || its.trustsShopify);
  function record() {
    const refused = state() === "refused";
    const word = refused ? "denied" : mayStore() ? "granted" : void 0;
    return {
      ad_storage: word,
      ad_user_data: word,
      ad_personalization: word && (allowed.saleOfDataAllowed ? word : "denied"),
      opt_out: allowed.saleOfDataAllowed || refused ? void 0 : true,
      region,
      source: "shopify"
    };
  }

  // src/events.ts
  var idOf = (id) => {
    if (typeof id === "number") return Number.isSafeInteger(id) ? String(id) : void 0;
    const text = String(id ?? "").replace(/[?#].*$/, "");
    return text.slice(text.lastIndexOf("/") + 1) || void 0;
  };
  var amount = (money) => {
    const found = Number(money?.amount ?? Number.NaN);
    return Number.isFinite(found) ? found : void 0;
  };
  var content = (variant, quantity, price) => ({
    content_id: idOf(variant?.id) ?? idOf(variant?.product?.id) ?? variant?.sku ?? void 0,
    content_name: variant?.product?.title,
    brand: variant?.product?.vendor || void 0,
    sku: variant?.sku || void 0,
    variant_id: idOf(variant?.id),
    group_id: idOf(variant?.product?.id),
    price: price ?? amount(variant?.price),
    quantity
  });
  var line = (item) => {
    const paid = amount(item.finalLinePrice);
    const each = paid === void 0 || !item.quantity ? void 0 : Math.round(paid / item.quantity * 100) / 100;
    return content(item.variant, item.quantity, each);
  };
  var cartToken = (context) => {
    const inPath = /^\/checkouts\/[a-z]{1,3}\/([^/?#]+)/.exec(context.document.location.pathname)?.[1];
    return idOf(inPath ?? shop.init.data?.cart?.id);
  };
  var user = (checkout2) => {
    const addresses = [checkout2.shippingAddress, checkout2.billingAddress];
    const of = (name) => addresses.map((it) => it?.[name]).find(Boolean) ?? void 0;
    return {
      email: checkout2.email || void 0,
      phone: checkout2.phone || of("phone"),
      external_id: idOf(checkout2.order?.customer?.id) ?? customer(),
      first_name: of("firstName"),
      last_name: of("lastName"),
      city: of("city"),
      state: of("provinceCode"),
      zip_code: of("zip"),
      country: of("countryCode")
    };
  };
  var customer = () => idOf(shop.init.data?.customer?.id);
  var checkout = (name, { data, context }) => {
    const { order, totalPrice, totalTax, shippingLine, currencyCode, token, lineItems } = data.checkout;
    return {
      event: name,
      order_id: idOf(order?.id),
      checkout_token: token ?? void 0,
      cart_token: cartToken(context),
      user: user(data.checkout),
      properties: {
        value: amount(totalPrice),
        currency: totalPrice?.currencyCode ?? currencyCode ?? void 0,
        tax: amount(totalTax),
        shipping: amount(shippingLine?.price),
        contents: lineItems.map(line),
        content_type: "product"
      }
    };
  };
  var product = (name, id, variant, quantity = 1) => {
    const each = amount(variant?.price);
    return {
      event: name,
      event_id: id,
      properties: {
        value: each === void 0 ? void 0 : Math.round(each * quantity * 100) / 100,
        currency: variant?.price?.currencyCode,
        contents: [content(variant, quantity)],
        content_type: "product"
      }
    };
  };
  var STOREFRONT = {
    page_viewed: ({ id }) => ({ event: "Pageview", event_id: id }),
    product_viewed: ({ id, data }) => product("ViewContent", id, data.productVariant),
    search_submitted: ({ id, data }) => ({
      event: "Search",
      event_id: id,
      properties: { search_string: data.searchResult.query }
    }),
    product_added_to_cart: ({ id, data, context }) => ({
      ...product("AddToCart", id, data.cartLine?.merchandise, data.cartLine?.quantity),
      cart_token: cartToken(context)
    })
  };
  var CHECKOUT = {
    checkout_started: (event) => checkout("InitiateCheckout", event),
    payment_info_submitted: (event) => checkout("AddPaymentInfo", event),
    checkout_completed: (event) => checkout("Purchase", event)
  };
  function page({ document: { location, referrer } }) {
    const plain = (address) => address.replace(/^(https?:\/\/[^/?#]+\/(?:[a-z]{2}(?:-[a-zA-Z]{2})?\/)?(?:checkouts|orders|account)\b).*/, "$1");
    return { url: plain(location.href), referrer: plain(referrer) || void 0 };
  }

  // src/outbox.ts
  var PLACE2 = "tb_shopify_outbox";
  var MOST = 50;
  var OLDEST_MS = 47 * 36e5;
  var LONGEST_WAIT_MS = 3e5;
  var MOST_BYTES = 6e4;
  var outbox = [];
  var tries = 0;
  var isFlying = false;
  var timer;
  var keeping = Promise.resolve();
  var scrubbed = ({ event, at }) => {
    const { ttclid, ttp, external_id, country } = event.user ?? {};
    return { at, event: { ...event, user: { ttclid, ttp, external_id, country } } };
  };
  var isSame = (one, other) => one.at === other.at && one.event.event === other.event.event && one.event.event_id === other.event.event_id;
  function keep(change) {
    if (!mayStore()) return;
    keeping = keeping.then(async () => store(PLACE2, change(await stored(PLACE2)).slice(-MOST)));
  }
  async function resume() {
    if (!mayStore()) return;
    const left = (await stored(PLACE2)).filter(({ at }) => Date.now() - at < OLDEST_MS);
    outbox.push(...left.filter((one) => !outbox.some((other) => isSame(one, other))));
    flush();
  }
  function post(event, at) {
    const parcel = { event, at };
    outbox.push(parcel);
    if (outbox.length > MOST) outbox.shift();
    if (event.event !== "Pageview") keep((kept) => [...kept, scrubbed(parcel)]);
    flush();
  }
  function drop() {
    outbox = [];
    keeping = keeping.then(() => store(PLACE2, []));
  }
  function flush() {
    clearTimeout(timer);
    if (isFlying || !outbox.length) return;
    const due = [...outbox];
    isFlying = true;
    void transmit("/v1/events", {
      events: due.map(({ event, at }) => ({ ...event, age_ms: Math.max(0, Date.now() - at) }))
    }).then((status) => {
      isFlying = false;
      if (!status || status > 499 || status === 408 || status === 429) {
        timer = setTimeout(flush, Math.min(LONGEST_WAIT_MS, 1e3 * 2 ** tries++) * (0.5 + Math.random()));
        return;
      }
      tries = 0;
      outbox = outbox.filter((one) => !due.includes(one));
      keep((kept) => kept.filter((one) => !due.some((other) => isSame(one, other))));
      flush();
    });
  }
  async function transmit(path, body) {
    const text = JSON.stringify(body);
    const answer2 = await attempt(
      () => fetch(`${its.gateway}${path}?key=${encodeURIComponent(its.key)}`, {
        method: "POST",
        body: text,
        keepalive: text.length < MOST_BYTES,
        credentials: "omit"
      })
    );
    return answer2?.status ?? 0;
  }

  // src/visitor.ts
  var [VISITOR, TTP, LAST, LAST_AT, FIRST, FIRST_AT] = [0, 1, 2, 3, 4, 5];
  var NAME = "_tb";
  var DAYS_90_SECONDS = 7776e3;
  var LONGEST_CLICK = 1e3;
  var REMOVED = ["_tb", "_ttp", "_tt_enable_cookie", "ttclid"];
  var known;
  var decoded = async (text) => await attempt(() => decodeURIComponent(text)) ?? "";
  var clickOf = (address) => {
    const found = /[?&]ttclid=([^&#]+)/.exec(address)?.[1] ?? "";
    try {
      const click = decodeURIComponent(found);
      return click.length > LONGEST_CLICK ? "" : click;
    } catch {
      return "";
    }
  };
  var here = () => shop.init.context.document;
  function newClick() {
    const { location, referrer } = here();
    const isInside = referrer.startsWith(location.origin + "/");
    const inCart = shop.init.data?.cart?.attributes?.find(({ key }) => key === "ttclid")?.value;
    return clickOf(location.href) || (isInside ? clickOf(referrer) : "") || inCart || "";
  }
  var domains = () => {
    const labels = here().location.hostname.split(".");
    return [...labels.map((_, at) => labels.slice(~at).join(".")), ""];
  };
  var written = (name, value, seconds, domain) => {
    const secure = here().location.protocol === "https:" ? "; Secure" : "";
    return `${name}=${value}; path=/; max-age=${seconds}; SameSite=Lax${secure}${domain && `; domain=${domain}`}`;
  };
  async function keep2(value) {
    for (const domain of domains()) {
      await attempt(() => shop.browser.cookie.set(written(NAME, value, DAYS_90_SECONDS, domain)));
      if (await cookie(NAME) === value) return;
    }
  }
  async function look() {
    const before = await cookie(NAME);
    const memory = await Promise.all(before.split("|").map(decoded));
    const click = newClick() || (memory[LAST] ? "" : await decoded(await cookie("ttclid")));
    const ttp = await decoded(await cookie("_ttp")) || memory[TTP] || "";
    if (mayStore()) {
      memory[VISITOR] ||= draw();
      memory[TTP] = ttp;
      if (click && click !== memory[LAST]) {
        memory[LAST] = click;
        memory[LAST_AT] = String(Date.now());
        memory[FIRST] ||= click;
        memory[FIRST_AT] ||= memory[LAST_AT];
      }
      const value = Array.from(memory, (part) => encodeURIComponent(part || "")).join("|");
      if (value !== before) await keep2(value);
    }
    return { visitor_id: memory[VISITOR] || void 0, ttclid: click || memory[LAST] || void 0, ttp: ttp || void 0 };
  }
  var visitor = () => known ??= look();
  var lookAgain = () => {
    known = void 0;
  };
  async function forget() {
    known = void 0;
    const token = await decoded((await cookie(NAME)).split("|")[VISITOR]);
    for (const name of REMOVED)
      for (const domain of domains()) await attempt(() => shop.browser.cookie.set(written(name, "", 0, domain)));
    return token || void 0;
  }

  // src/pixel.ts
  var PLACE3 = "tb_shopify_once";
  var MOST_MARKS = 200;
  var MOST_WAITING = 50;
  var TOKENS = ["visitor_id", "checkout_token", "cart_token"];
  var waiting = [];
  var turn = begin();
  var fired = [];
  var told = [];
  var after = (what) => {
    turn = turn.then(what).catch(() => void 0);
  };
  for (const [name, read] of Object.entries({ ...its.isCheckoutOnly ? {} : STOREFRONT, ...CHECKOUT }))
    shop.analytics.subscribe(name, (event) => {
      const at = Date.now();
      const { context } = event;
      after(() => lead({ at, event: { ...read(event), page: page(context) } }));
    });
  shop.customerPrivacy.subscribe(
    "visitorConsentCollected",
    ({ customerPrivacy }) => after(async () => {
      await hear(customerPrivacy);
      lookAgain();
      await release();
    })
  );
  after(release);
  async function lead(draft) {
    if (state() === "granted") return report(draft);
    if (state() === "refused") return tell([draft.event]);
    waiting = [...waiting, draft].slice(-MOST_WAITING);
  }
  async function release() {
    if (state() === "refused") return refuse();
    if (state() !== "granted") return;
    await visitor();
    await resume();
    for (const draft of waiting.splice(0)) await report(draft);
  }
  async function report({ event, at }) {
    if (!await isFirst(event)) return;
    const { visitor_id, ttclid, ttp } = await visitor();
    const user2 = { external_id: customer(), ...event.user, ttclid, ttp };
    post({ ...event, visitor_id, user: user2, consent: record(), native: "not_fired" }, at);
  }
  async function isFirst({ event, event_id, order_id, checkout_token, cart_token }) {
    const named = order_id ?? checkout_token ?? cart_token;
    if (event_id || !named) return true;
    const mark = `${String(event)} ${String(named)}`;
    const marks = await stored(PLACE3);
    if ([...fired, ...marks].includes(mark)) return false;
    fired.push(mark);
    if (mayStore()) await store(PLACE3, [...marks, mark].slice(-MOST_MARKS));
    return true;
  }
  async function refuse() {
    const visitor_id = await forget();
    drop();
    await store(PLACE3, []);
    tell([{ visitor_id }, ...waiting.splice(0).map(({ event }) => event)]);
  }
  function tell(visits) {
    const page_url = `${shop.init.context.document.location.origin}/`;
    for (const visit of visits) {
      const named = Object.fromEntries(TOKENS.map((name) => [name, visit[name]]));
      const text = JSON.stringify(named);
      if (text === "{}" || told.includes(text)) continue;
      told.push(text);
      void transmit("/v1/consent", { statements: [{ ...named, page_url, consent: record() }] });
    }
  }
})();
