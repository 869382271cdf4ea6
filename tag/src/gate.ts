/** The gate: before the visitor's permission calls wait in memory, on a refusal they vanish, with it they go on. */

import { begin, forget, remove } from "./click";
import { hear, record, stateOf, type Said, type State } from "./consent";
import { admit, tokensOf, visit } from "./copies";
import type { Tokens } from "./ids";
import { isEarly, pass } from "./native";
import type { Refusal } from "./refuse";
import { attempt, doc, its } from "./settings";
import { learn, type Unknown } from "./sha256";
import type { Held } from "./stub";
import { report, say } from "./tell";
import { drop, resume, transmit } from "./transport";


const MOST_HELD = 50;

let state: State = "open";
let held: Held[] = [];
let ready = false;
let waiting: (() => void)[] = [];
let start: (then: () => void) => void;
let hashing: typeof start;
let whenRefused: (refusal: Refusal) => void;
let refused: Tokens[] = [];
const codes: string[] = [];

/**
 * Stand up; `bring` fetches what TikTok's script needs before the first call, where it is ours to load, and `hash` what
 * hashes where the browser does not.
 */
export function guard(bring: typeof start, hash: typeof start, forgetting: typeof whenRefused): void {
  start = bring;
  hashing = hash;
  whenRefused = forgetting;
}

export const isGranted = (): boolean => state === "granted";

/** Run something once the visitor has allowed it, or now. */
export function whenGranted(then: () => void): void {
  if (isGranted()) attempt(then);
  else waiting.push(then);
}

/** Give the ear of one source of consent. */
export const ear = (source: string) => (said: Said): void => {
  if (its.consent && !its.consent.includes(source)) return;
  hear(source, said);
  decide();
};

export function decide(): void {
  const before = state;
  state = stateOf(its);
  if (state === before) return;
  say("consent", state, record());
  if (state === "granted") grant(before === "refused");
  else if (state === "refused") refuse(before === "granted");
}

function grant(again: boolean): void {
  if (begin(visit.ttclid)) report("click_lost");
  resume();
  if (again) pass("", "grantConsent", []);
  start(() => {
    ready = true;
    goOn();
    waiting.splice(0).forEach(attempt);
  });
}

/** Admit what waits, in the order in which the page said it. */
function goOn(): void {
  held.splice(0).forEach(lead);
}

/** Admit a call, or let it and all that follow wait: for what has to be there first, or a hash that it needs. */
function lead(item: Held): unknown {
  if (!ready || held[0]) return void held.push(item);
  try {
    return admit(item[0], item[1], item[2]);
  } catch (error) {
    if (!Array.isArray(error)) throw error;
    held.push(item);
    learn(error as Unknown, hashing, goOn);
  }
  return undefined;
}

/** Stop at once; what has to be forgotten and told is for a part of its own, which most visitors never need. */
function refuse(withdrawn: boolean): void {
  const tokens = [visit, ...held.map(([, , args]) => tokensOf(args))];
  held = [];
  drop();
  if (withdrawn) pass("", "revokeConsent", []);
  refused = tokens;
  whenRefused({ tokens, visitor: forget(), record, transmit, remove });
}

export function call(item: Held): unknown {
  const [, method, args, script] = item;
  say(method, args[0]);
  if (method === "load") place(args[0] as string, script);
  if (state === "granted") return lead(item);
  if (state === "open" && held.length < MOST_HELD) held.push(item);
  else {
    say("dropped");
    if (state === "refused") refused.push(tokensOf(args));
  }
  return undefined;
}

/** Note where the base code stands, of which TikTok's own helper complains as well (tiktok.md 9.8). */
function place(code: string, script: Element | null): void {
  if (script && script.parentNode !== doc.head) report("base_code_not_in_head");
  if (codes.includes(code)) report("base_code_twice");
  else if (codes.push(code) > 1) report("several_pixels");
}

/** Report a script of TikTok's that ran before anybody could stop it. */
export function lookBack(): void {
  if (isEarly() && state !== "granted") report("native_before_consent");
}
