import { storage } from "./browser";
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { createHash } from "node:crypto";
import "../src/hashing";
import { settle } from "../src/settings";
import { drop, flush, open, post, resume, type Parcel } from "../src/transport";

type Answer = { status: number; json: () => Promise<unknown> };

let asked: { url: string; events: Record<string, any>[] }[];
let answer: () => Promise<Answer>;
let verdict: "go" | "wait" | "drop";
let today = 1_800_000_000_000;

const saying = (status: number, body: unknown = {}) => (): Promise<Answer> =>
  Promise.resolve({ status, json: () => Promise.resolve(body) });
const kept = (): Parcel[] => JSON.parse(storage.tb_outbox ?? "[]");
const turn = async (ms = 0): Promise<void> => {
  mock.timers.tick(ms);
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const event = (n: number, more: object = {}): Record<string, unknown> => ({ event: "Contact", event_id: `e-${n}`, ...more });

settle({ src: "https://shop.example/t.js?key=tbb_x", dataset: {} } as unknown as HTMLScriptElement);
open((_parcel, last) => (verdict === "wait" && last ? "go" : verdict), () => undefined);

Object.defineProperty(globalThis, "performance", { value: { now: () => Date.now() - 1_700_000_000_000 } });
Object.assign(globalThis, {
  fetch: (url: string, { body }: { body: string }) => {
    asked.push({ url, events: JSON.parse(body).events });
    return answer();
  },
});

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: (today += 1_000_000_000) });
  asked = [];
  answer = saying(202);
  verdict = "go";
  drop();
  Object.keys(storage).forEach((name) => delete storage[name]);
  // What a test before this one waited for is over.
  post(event(0), performance.now(), 0, false);
  await turn(30);
  await turn(600_000);
  asked = [];
});

test("an event is stored before the first try, without what names a person, and removed once it is taken", async () => {
  const user = { email: " Ada@Shop.example ", phone: "+447911123456", first_name: "Ada", ttclid: "E.C.P." };
  post(event(1, { user }), performance.now(), 0, true);
  assert.deepEqual(kept().map((each) => each.event.user), [{ email: createHash("sha256").update("ada@shop.example").digest("hex"), ttclid: "E.C.P." }]);
  await turn(30);
  assert.equal(asked[0]!.url, "https://shop.example/t/e?key=tbb_x");
  assert.equal(asked[0]!.events[0]!.user.phone, "+447911123456");
  assert.deepEqual(kept(), []);
});

test("what happens at one moment travels together, each with its age", async () => {
  post(event(1), performance.now(), 0, true);
  mock.timers.tick(10);
  post(event(2), performance.now(), 0, true);
  await turn(30);
  assert.deepEqual(asked.map(({ events }) => events.map((each) => [each.event_id, each.age_ms])), [[["e-1", 40], ["e-2", 30]]]);
});

for (const status of [408, 429, 500, 503])
  test(`after ${status} an event is sent again, later and later`, async () => {
    answer = saying(status);
    post(event(1), performance.now(), 0, true);
    await turn(30);
    assert.equal(asked.length, 1);
    await turn(400);
    assert.equal(asked.length, 1);
    await turn(1_200);
    assert.equal(asked.length, 2);
    await turn(900);
    assert.equal(asked.length, 2);
    assert.equal(kept().length, 1);
    answer = saying(202);
    await turn(10_000);
    assert.equal(asked.length, 3);
    assert.deepEqual(kept(), []);
  });

for (const status of [400, 401, 403, 413, 422])
  test(`after ${status} it is not sent again`, async () => {
    answer = saying(status);
    post(event(1), performance.now(), 0, true);
    await turn(30);
    await turn(600_000);
    assert.equal(asked.length, 1);
    assert.deepEqual(kept(), []);
  });

test("without an answer it is kept and sent by the next page, but not after 47 hours", async () => {
  answer = () => Promise.reject(new TypeError("offline"));
  post(event(1, { native: undefined }), performance.now(), 0, true);
  await turn(30);
  assert.equal(kept().length, 1);
  drop();
  answer = saying(202);
  mock.timers.tick(47 * 3_600_000 - 1_000);
  resume();
  await turn(600_000);
  assert.deepEqual(asked.at(-1)!.events.map((each) => [each.event_id, each.native]), [["e-1", "unknown"]]);
  storage.tb_outbox = JSON.stringify([{ event: event(2), at: Date.now() - 47 * 3_600_000 - 1, ready: 0 }]);
  asked = [];
  resume();
  await turn(600_000);
  assert.deepEqual(asked, []);
});

test("storage holds no more than 50 events and 60 kB, and loses the oldest first", async () => {
  answer = () => Promise.reject(new TypeError("offline"));
  for (let n = 0; n < 60; n++) post(event(n), performance.now(), 0, true);
  assert.deepEqual([kept().length, kept()[0]!.event.event_id, kept()[49]!.event.event_id], [50, "e-10", "e-59"]);
  for (let n = 60; n < 70; n++) post(event(n, { properties: { description: "x".repeat(10_000) } }), performance.now(), 0, true);
  assert.ok(storage.tb_outbox!.length <= 60_000);
  assert.equal(kept().at(-1)!.event.event_id, "e-69");
  answer = saying(202);
  await turn(30);
});

test("an event waits for evidence until its time is over, or the page is", async () => {
  verdict = "wait";
  post(event(1), performance.now(), 2_500, true);
  await turn(100);
  assert.deepEqual(asked, []);
  flush(true);
  assert.equal(asked.length, 1);
  await turn();
});

test("broken storage of somebody else's is no trouble", async () => {
  storage.tb_outbox = "{";
  resume();
  post(event(1), performance.now(), 0, true);
  await turn(30);
  assert.deepEqual(asked.map(({ events }) => events.map((each) => each.event_id)), [["e-1"]]);
});
