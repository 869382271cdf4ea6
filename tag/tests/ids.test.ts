import "./browser";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import "../src/hashing";
import vectors from "../../spec/identifiers.json";
import { canonical, idOf, isOnce, type Tokens } from "../src/ids";
import { learn, sha256, type Unknown } from "../src/sha256";

// On pages without TLS the part hashes; here it does for all tests but one.
const page: Record<string, any> = (globalThis as any).twinbeam;

type Vector = Tokens & { event: string; id: string | null; shop?: string; why?: string };

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");

test("a hash is that of the platform, at every length around a block's end and in every script", () => {
  for (let length = 0; length < 200; length++) assert.equal(sha256("a".repeat(length)), hex("a".repeat(length)));
  for (const text of ["", "Ключ 1", "🎩 hat", "\u0000", "x".repeat(10_000)]) assert.equal(sha256(text), hex(text));
});

test("the browser's own hash is asked for once, and then known", async () => {
  const part = page.sha256;
  delete page.sha256;
  try {
    let unknown: unknown;
    try {
      sha256("ada@shop.example");
    } catch (error) {
      unknown = error;
    }
    assert.deepEqual(unknown, ["ada@shop.example"]);
    await new Promise<void>((then) => learn(unknown as Unknown, () => assert.fail("no part is needed"), then));
    assert.equal(sha256("ada@shop.example"), hex("ada@shop.example"));
  } finally {
    page.sha256 = part;
  }
});

test("orders, checkouts and carts give the ids that the shared vectors say", () => {
  assert.ok(vectors.derived_id.length > 15);
  for (const vector of vectors.derived_id as Vector[])
    assert.equal(idOf(vector.event, vector, undefined, vector.shop), vector.id ?? "", JSON.stringify(vector));
});

test("an id that names a person is replaced by its hash, as the shared vectors say", () => {
  for (const { typed, sent } of vectors.id) {
    assert.equal(idOf("Purchase", { order_id: typed }), sent);
    assert.equal(idOf("ViewContent", { event_id: typed }), sent);
  }
});

test("an order token gives an id of its own recipe, first unless its owner chose the order", () => {
  const id = `token-${hex("token\nPurchase\nwc_order_1").slice(0, 32)}`;
  assert.equal(idOf("CompletePayment", { order_token: "wc_order_1" }), id);
  assert.equal(idOf("Purchase", { order_token: "wc_order_1", order_id: "1001" }), id);
  assert.equal(idOf("Purchase", { order_token: "wc_order_1", order_id: "1001" }, "order"), "1001");
  assert.equal(idOf("ViewContent", { order_token: "wc_order_1" }), "");
});

test("words for nothing are no ids", () => {
  for (const word of ["", " ", "0", "null", "None", "undefined", "NaN"])
    assert.equal(idOf("Purchase", { order_id: word, checkout_token: word }), "");
  assert.equal(idOf("Purchase", { order_id: 1001 as never }), "1001");
});

test("old spellings are the event they were renamed to", () => {
  assert.equal(canonical("CompletePayment"), "Purchase");
  assert.equal(canonical("MyOwn"), "MyOwn");
  assert.deepEqual(["CompletePayment", "AddToCart", "Lead", "toString"].map(isOnce), [true, false, true, false]);
});
