/** The tag: every call to TikTok's queue goes through its gate, and leads to two copies under one id, or to none. */

import { browserId, click, keep, visitor } from "./click";
import { all, type Said } from "./consent";
import { judge, visit } from "./copies";
import { call, decide, ear, guard, isGranted, lookBack, whenGranted } from "./gate";
import { google } from "./google";
import { fateOf, watch } from "./native";
import { attempt, doc, its, settle, win } from "./settings";
import { receipt } from "./receipt";
import { stub, type Args, type Held, type Page } from "./stub";
import { say, told } from "./tell";
import { open, soon, type Event } from "./transport";

/** What names the chunks of this build: the beginning of a hash of all of them. */
declare const CHUNKS: string;
/** In the whole build: the SHA-256 of each chunk. */
declare const INTEGRITY: Record<string, string>;
/** Whether this build holds what the snippet otherwise has inline. */
declare const WHOLE: boolean;

/**
 * By its sign on the page: the part that is needed there. A sign is what a consent management platform leaves on the
 * window, or a selector of what the page has; those of a dash alone are given from here.
 */
const PARTS: Record<string, string> = {
  __tcfapi: "tcf",
  __gpp: "gpp",
  Cookiebot: "cookiebot",
  Didomi: "didomi",
  OneTrust: "onetrust",
  UC_UI: "usercentrics",
  __ucCmp: "usercentrics",
  Shopify: "shopify",
  "[data-twinbeam-event],[data-twinbeam-start],[href^=tel],[href^=mail],[download],[href$=pdf]": "marks",
  "[name^=twinbeam_]": "fields",
  "-layer": "layer",
  "-pages": "pages",
};
type Api = (...args: any[]) => unknown;

const LOOK_EVERY_MS = 500;
const LOOKS = 240;

const page: Page = WHOLE ? stub(win, "ttq") : win.twinbeam;
const script = doc.currentScript as HTMLScriptElement;

if (!page.call) attempt(start);

function start(): void {
  settle(script);
  const chunk = (name: string, then: () => void): void => {
    const element = doc.createElement("script");
    element.src = `${its.base}${CHUNKS}/${name}.js`;
    if (WHOLE) {
      element.integrity = INTEGRITY[name]!;
      element.crossOrigin = "";
    }
    element.nonce = script.nonce;
    element.onload = () => attempt(then);
    doc.head.append(element);
  };

  const reads: (() => void)[] = [];
  const bring = (sign: string): void => {
    const name = PARTS[sign];
    delete PARTS[sign];
    if (name && !its.without?.includes(name)) chunk(name, () => reads.push(win.twinbeam[name](ear(name), its, told)));
  };

  watch(page, () => {
    soon();
    // Where TikTok's script is dead, nobody else tells that the address changed.
    if (fateOf(Infinity)) bring("-pages");
  });
  open(judge, (status, answer) => {
    say("answer", status, answer);
    // Settings that changed while the page was open: once its pixels are stopped, the mode is `gateway`.
    Object.assign(its, answer);
    if (isGranted()) keep();
  });
  const first = [its.mode === "own" && "own", its.hash && "hash"].filter(Boolean);
  const prepare = (then: () => void): void => {
    const name = first.pop();
    if (!name) return then();
    chunk(name, () => {
      win.twinbeam[name](its, page);
      prepare(then);
    });
  };
  // Without TLS the browser does not hash; a form that leaves at once must not wait for the part that does.
  const hashing = (then: () => void): void => chunk("hashing", then);
  if (!crypto.subtle) hashing(() => undefined);
  guard(prepare, hashing, (refusal) => chunk("refuse", () => win.twinbeam.refuse(refusal)));

  // ---- what pages may ask of the tag ----

  const api: Record<string, Api> = {
    consent: (said: Said & { marketing?: boolean }) =>
      ear("page")(said.marketing == null ? said : { ...said, ...all(said.marketing) }),
    set: (known: Event) => Object.assign(visit, known),
    allowed: whenGranted,
    context: () =>
      isGranted()
        ? {
            visitor_id: visitor(),
            consent_receipt: receipt(),
            ttclid: click(),
            ttp: browserId(),
            page_url: location.href,
          }
        : {},
  };
  ["track", "page", "identify"].forEach((name) => (api[name] = (...args) => call(["", name, args, null])));
  for (const [name, run] of Object.entries(api)) page[name] = (...args: Args) => attempt(() => run(...args));

  // ---- who says what the visitor allowed ----

  page.call = (held: Held) => attempt(() => call(held));
  // Where Tag Manager brought the tag, its own tags report what lies in its layer, under ids that its server knows.
  google(ear("google"), () => its.whole || bring("-layer"));
  if ((navigator as unknown as Event).globalPrivacyControl) ear("gpc")({ opt_out: true });
  let looks = LOOKS;
  const look = (): void => {
    for (const sign in PARTS) {
      // Where a platform is, silence is no answer before its part has heard it.
      if (win[sign]) ear(PARTS[sign]!)({ asking: true });
      if (win[sign] || doc.querySelector(sign)) bring(sign);
    }
    if (looks--) setTimeout(look, LOOK_EVERY_MS);
  };
  look();
  // In the order in which the page made them: what it set belongs to the calls that follow.
  page.held.splice(0).forEach((held) => (!held[0] && api[held[1]] ? (page[held[1]] as Api)(...held[2]) : page.call!(held)));
  decide();
  lookBack();

  // A page that comes back out of the browser's cache has slept: the visitor may have answered elsewhere meanwhile.
  addEventListener("pageshow", ({ persisted }) => persisted && reads.forEach(attempt));
  if (its.mode === "gateway") bring("-pages");
  if (its.debug) chunk("debug", () => win.twinbeam.debug(told, its));
}
