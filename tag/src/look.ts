/**
 * Carried behind the tag now and then: where TikTok's base code stands, told once a permission is there.
 *
 * Page views are left to TikTok's script, so of a page on which nothing else happens the gateway hears nothing else. The
 * report holds nothing about the visitor. Whoever leaves early is heard too: that is what a late base code loses.
 */

import { attempt, doc, draw, win } from "./settings";

/** So long TikTok's script has to come and to end its request (tiktok.md 9.4): nobody waits for this word. */
const EVIDENCE_MS = 6_000;
const COLLECTOR = /\/api\/v2\/(\w+_)?pixel(\?|$)/;
const BASE_CODE = /TiktokAnalyticsObject|ttq\.load\(/;

const { src } = doc.currentScript as HTMLScriptElement;
let told = false;

const look = (): void => {
  const base = [...doc.scripts].filter(({ text }) => BASE_CODE.test(text));
  if (told || !base.length) return;
  told = true;
  const sent = performance.getEntriesByType("resource").some(({ name }) => COLLECTOR.test(name));
  const observed = ["page_seen"];
  if (base.some((script) => !doc.head.contains(script))) observed.push("base_code_not_in_head");
  const event = {
    event: "Pageview",
    event_id: draw(),
    native: sent ? "sent" : "unknown",
    observed,
    page: { url: location.origin + location.pathname },
    age_ms: 0,
  };
  const url = src.replace(/\.js\?.*/, "/e?a=0&key=" + new URL(src).searchParams.get("key"));
  attempt(() => fetch(url, { method: "POST", body: JSON.stringify({ events: [event] }), keepalive: true, credentials: "omit" }));
};

win.twinbeam.allowed(() => {
  setTimeout(() => attempt(look), EVIDENCE_MS);
  doc.addEventListener("visibilitychange", () => doc.visibilityState === "hidden" && attempt(look));
});
