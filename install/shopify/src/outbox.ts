/**
 * Events on their way to the gateway: kept before the first try where the visitor permitted it, and removed once the
 * gateway has them. One `text/plain` request without headers of its own needs no preflight; ages go instead of times.
 */

import { mayStore } from "./consent";
import type { Event } from "./events";
import { attempt, its, store, stored } from "./settings";

interface Parcel {
  event: Event;
  at: number;
}

const PLACE = "tb_shopify_outbox";
const MOST = 50;
const OLDEST_MS = 47 * 3_600_000;
const LONGEST_WAIT_MS = 300_000;
/** A request that outlives its page may hold 64 KiB. */
const MOST_BYTES = 60_000;

let outbox: Parcel[] = [];
let tries = 0;
let isFlying = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let keeping: Promise<unknown> = Promise.resolve();

/** Give an event as it may be stored: nothing that a person typed. */
const scrubbed = ({ event, at }: Parcel): Parcel => {
  const { ttclid, ttp, external_id, country } = (event.user ?? {}) as Event;
  return { at, event: { ...event, user: { ttclid, ttp, external_id, country } } };
};

const isSame = (one: Parcel, other: Parcel): boolean =>
  one.at === other.at && one.event.event === other.event.event && one.event.event_id === other.event.event_id;

/** Change what is kept, one change after the other: the shop's storage answers later. */
function keep(change: (kept: Parcel[]) => Parcel[]): void {
  if (!mayStore()) return;
  keeping = keeping.then(async () => store(PLACE, change(await stored<Parcel>(PLACE)).slice(-MOST)));
}

/** Take up what earlier pages could not bring away. */
export async function resume(): Promise<void> {
  if (!mayStore()) return;
  const left = (await stored<Parcel>(PLACE)).filter(({ at }) => Date.now() - at < OLDEST_MS);
  outbox.push(...left.filter((one) => !outbox.some((other) => isSame(one, other))));
  flush();
}

export function post(event: Event, at: number): void {
  const parcel = { event, at };
  outbox.push(parcel);
  if (outbox.length > MOST) outbox.shift();
  if (event.event !== "Pageview") keep((kept) => [...kept, scrubbed(parcel)]);
  flush();
}

/** Drop all that waits, here and in the browser. */
export function drop(): void {
  outbox = [];
  keeping = keeping.then(() => store(PLACE, []));
}

function flush(): void {
  clearTimeout(timer);
  if (isFlying || !outbox.length) return;
  const due = [...outbox];
  isFlying = true;
  void transmit("/v1/events", {
    events: due.map(({ event, at }) => ({ ...event, age_ms: Math.max(0, Date.now() - at) })),
  }).then((status) => {
    isFlying = false;
    // No answer, too slow, too many, or trouble on the gateway's side: anything else is its last word.
    if (!status || status > 499 || status === 408 || status === 429) {
      timer = setTimeout(flush, Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** tries++) * (0.5 + Math.random()));
      return;
    }
    tries = 0;
    outbox = outbox.filter((one) => !due.includes(one));
    keep((kept) => kept.filter((one) => !due.some((other) => isSame(one, other))));
    flush();
  });
}

/** Make one request, which outlives its page; gives the status, or 0 without an answer. */
export async function transmit(path: string, body: unknown): Promise<number> {
  const text = JSON.stringify(body);
  const answer = await attempt(() =>
    fetch(`${its.gateway}${path}?key=${encodeURIComponent(its.key)}`, {
      method: "POST",
      body: text,
      keepalive: text.length < MOST_BYTES,
      credentials: "omit",
    }),
  );
  return answer?.status ?? 0;
}
