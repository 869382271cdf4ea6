/**
 * Events on their way to the gateway: kept before the first try, removed once the gateway has them.
 *
 * One `text/plain` request without headers of its own needs no preflight; the public key stands in the query. Ages go
 * instead of times, because clocks of visitors are wrong.
 */

import { keepReceipt, receipt } from "./receipt";
import { sha256 } from "./sha256";
import { attempt, doc, its, store, stored } from "./settings";

export type Event = Record<string, any>;

export interface Parcel {
  event: Event;
  at: number;
  /** When it was handed to TikTok's script, in ms of the page's clock; of what an earlier page left nobody knows. */
  called?: number;
  /** Leaves then at the latest, in ms of the page's clock, though it is not known what TikTok's script did. */
  ready: number;
}

const PLACE = "tb_outbox";
const MOST = 50;
const MOST_BYTES = 60_000;
const OLDEST_MS = 47 * 3_600_000;
const LONGEST_WAIT_MS = 300_000;

let outbox: Parcel[] = [];
let tries = 0;
let waitsUntil = 0;
/** What is under way: it survives the page, so its end is no reason to send it twice. */
let flying: Parcel[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let judge: (parcel: Parcel, last: boolean) => "go" | "wait" | "drop";
let answered: (status: number, answer: any) => void;

/** Give an event as it may be stored: the e-mail address hashed, phone and names left out; a later page knows no more of it. */
export const scrubbed = (event: Event): Event => {
  const { email, external_id, ttclid, ttp, country } = event.user || {};
  return { ...event, native: event.native || "unknown", user: { email: email && hashEmail(email), external_id, ttclid, ttp, country } };
};

export const hashEmail = (email: unknown): string => {
  const text = String(email).trim().toLowerCase();
  return /^[0-9a-f]{64}$/.test(text) ? text : sha256(text);
};

const kept = (): Parcel[] => stored(PLACE);

function keep(parcels: Parcel[]): void {
  parcels = parcels.slice(-MOST);
  while (JSON.stringify(parcels).length > MOST_BYTES) parcels.shift();
  store(PLACE, parcels);
}

export function open(judging: typeof judge, hearing: typeof answered): void {
  judge = judging;
  answered = hearing;
  addEventListener("online", () => flush());
  doc.addEventListener("visibilitychange", () => doc.visibilityState === "hidden" && flush(true));
}

/** Take up what earlier pages could not bring away; only after the visitor's permission. */
export function resume(): void {
  outbox.push(...kept().filter((one) => Date.now() - one.at < OLDEST_MS));
  flush();
}

export function post(event: Event, called: number, waitMs: number, lasting: boolean): void {
  const parcel = { event, at: Date.now(), ready: called + waitMs };
  outbox.push({ ...parcel, called });
  if (outbox.length > MOST) outbox.shift();
  if (lasting) keep([...kept(), { ...parcel, event: scrubbed(event), ready: 0 }]);
  soon();
}

/** Drop all that waits. */
export function drop(): void {
  outbox = [];
  keepReceipt();
}

/** Look again in a moment: what a page reports at once travels together. */
export const soon = (ms = 30): void => {
  clearTimeout(timer);
  timer = setTimeout(flush, ms);
};

/** Send what may leave; at the page's end everything. */
export function flush(ending = false): void {
  clearTimeout(timer);
  if (!navigator.onLine || !outbox.length) return;
  const now = performance.now();
  const due: Parcel[] = [];
  let next = Infinity;
  outbox = outbox.filter((one) => {
    if (flying.includes(one)) return true;
    const verdict = judge(one, ending || now >= one.ready);
    if (verdict === "go") due.push(one);
    if (verdict === "wait") next = Math.min(next, one.ready);
    return verdict !== "drop";
  });
  if (!ending && flying[0]) return;
  if (!ending && now < waitsUntil) return soon(waitsUntil - now);
  if (!due.length) return next < Infinity ? soon(next - now) : undefined;
  const events = due.map((one) => ({ ...one.event, age_ms: Math.max(0, Date.now() - one.at) }));
  flying = flying.concat(due);
  const then = (status: number, answer: any): void => {
    flying = flying.filter((one) => !due.includes(one));
    // No answer, too slow, too many, or trouble on the gateway's side: anything else is its last word.
    if (/^(0|5..|408|429)$/.test("" + status)) {
      waitsUntil = performance.now() + Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** tries++) * (0.5 + Math.random());
    } else {
      tries = waitsUntil = 0;
      outbox = outbox.filter((one) => !due.includes(one));
      keep(kept().filter((one) => !due.some((each) => each.event.event_id === one.event.event_id && each.at === one.at)));
    }
    if (answer?.receipt) keepReceipt(answer.receipt);
    answered(status, answer);
    flush();
  };
  transmit("e", { events }, then, ending);
}

/** Make one request; where a last one of a page is refused, because its budget is used up, as a beacon. */
export function transmit(
  path: string,
  body: unknown,
  then: (status: number, answer?: any) => void = () => undefined,
  ending = false,
): void {
  const url = its.base + path + "?key=" + its.key + (its.debug ? "&a=full" : receipt() ? "&a=0" : "");
  const text = JSON.stringify(body);
  const failed = (): void => {
    if (!ending || !attempt(() => navigator.sendBeacon(url, text))) then(0);
  };
  attempt(() =>
    // Only the cookie's own path has to do with cookies.
    fetch(url, {
      method: "POST",
      body: text,
      keepalive: text.length < MOST_BYTES,
      credentials: path === "k" ? "include" : "omit",
    }).then(
      (response) => response.json().catch(() => 0).then((answer) => then(response.status, answer)),
      failed,
    ),
  ) || failed();
}
