import "./browser";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { all, hear, limited, record, stateOf, type Said } from "../src/consent";
import { google } from "../src/google";

const LAWS = ["opt_in", "opt_out", "by_region"];
const SOURCES = ["google", "page", "tcf", "gpc"];

const states = (region = ""): string[] => LAWS.map((law) => stateOf({ law, region }));

beforeEach(() => {
  SOURCES.forEach((source) => hear(source, {}));
  delete (globalThis as Record<string, unknown>).dataLayer;
});

function layer(): { push: (...items: unknown[]) => void } {
  google((said) => hear("google", said), () => undefined);
  return (globalThis as unknown as { dataLayer: { push: () => void } }).dataLayer;
}

const gtag = (...words: unknown[]): unknown => (function () { return arguments; } as (...w: unknown[]) => unknown)(...words);

test("where nobody says anything, only a law that lets silence permit does", () => {
  assert.deepEqual(states(), ["open", "granted", "open"]);
  assert.deepEqual(states("US-CA"), ["open", "granted", "granted"]);
  assert.deepEqual(states("DE"), ["open", "granted", "open"]);
});

test("an explicit refusal of one source wins over every permission, whatever the law", () => {
  hear("page", all(true));
  hear("tcf", { ad_user_data: "denied" });
  assert.deepEqual(states("US"), ["refused", "refused", "refused"]);
});

test("both purposes are needed where the law asks first", () => {
  hear("page", { ad_storage: "granted" });
  assert.deepEqual(states(), ["open", "granted", "open"]);
  hear("page", { ad_storage: "granted", ad_user_data: "granted" });
  assert.deepEqual(states(), ["granted", "granted", "granted"]);
});

test("a default of Google's is no answer: denied means that the visitor is asked, granted permits by law only", () => {
  const dataLayer = layer();
  dataLayer.push(gtag("consent", "default", { ad_storage: "denied", ad_user_data: "denied" }));
  assert.deepEqual(states("US"), ["open", "open", "open"]);
  dataLayer.push(gtag("consent", "update", { ad_storage: "granted", ad_user_data: "granted" }));
  assert.deepEqual(states("US"), ["granted", "granted", "granted"]);
  dataLayer.push(gtag("consent", "update", { ad_storage: "denied" }));
  assert.deepEqual(states("US"), ["refused", "refused", "refused"]);
});

test("a default of granted permits only where the law is opt-out", () => {
  layer().push(gtag("consent", "default", { ad_storage: "granted", ad_user_data: "granted" }));
  assert.deepEqual(states(), ["open", "granted", "open"]);
});

test("a type of which no default was pushed is unknown", () => {
  layer().push(gtag("consent", "update", { ad_storage: "granted", analytics_storage: "granted" }));
  assert.equal(stateOf({ law: "opt_in" }), "open");
  assert.equal(record().ad_user_data, undefined);
});

test("what was pushed before the tag came is read, and other entries are left alone", () => {
  (globalThis as Record<string, unknown>).dataLayer = [
    { event: "page" }, null, 7, gtag("event", "x"), gtag("consent", "update", { ad_storage: "granted", ad_user_data: "granted" }),
  ];
  layer();
  assert.equal(stateOf({ law: "opt_in" }), "granted");
});

test("global privacy control and refused personalization limit the use", () => {
  assert.equal(limited(), false);
  hear("gpc", { opt_out: true });
  assert.equal(limited(), true);
  assert.equal(record().opt_out, true);
  hear("gpc", {});
  hear("page", { ad_personalization: "denied" } as Said);
  assert.equal(limited(), true);
});
