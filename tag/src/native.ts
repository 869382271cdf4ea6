/**
 * TikTok's own script: called with what the gate lets through, and watched for what it did.
 *
 * Evidence (tiktok.md 9.1, 9.4): its loader failed, or the page's policy blocked it; or it took over its queue, and a
 * request to its collector was seen after the call. Nothing else counts as sent.
 */

import type { Page } from "./stub";
import { attempt, doc, its } from "./settings";

export type Fate = "sent" | "blocked" | "not_fired" | "unknown";

const COLLECTOR = /\/api\/v2\/(\w+_)?pixel(\?|$)/;
const LOADER = /\/pixel\/(events|sdk)\.js/;

let page: Page;
let blocked = false;
let alive = false;
const loaded: string[] = [];
/** When each request to the collector began, in ms of the page's clock; each proves one call. */
let beacons: number[] = [];

export const isLoaded = (): boolean => loaded.length > 0;
/** Tell whether TikTok's script was asked for before this tag was there to stop it. */
export const isEarly = (): boolean => page.early.length > 0;

export function watch(queued: Page, tell: () => void): void {
  page = queued;
  loaded.push(...page.early);
  const change = (event: string, address: unknown): void => {
    if (LOADER.test(address as string)) {
      page.adopt();
      if (event === "load") alive = true;
      else blocked = true;
    } else if (event[0] === "s" && COLLECTOR.test(address as string)) blocked = true;
    else return;
    tell();
  };
  ["load", "error", "securitypolicyviolation"].forEach((event) =>
    doc.addEventListener(
      event,
      (seen) => change(event, (seen as SecurityPolicyViolationEvent).blockedURI || (seen.target as HTMLScriptElement).src),
      true,
    ),
  );
  attempt(() =>
    new PerformanceObserver((list) => {
      list.getEntries().forEach((entry) => COLLECTOR.test(entry.name) && beacons.push(entry.startTime));
      tell();
    }).observe({ type: "resource", buffered: true }),
  );
}

/** Make a call of the page's to TikTok's script, or to the queue that waits for it. */
export function pass(code: string, method: string, args: unknown[]): unknown {
  // What names no pixel goes to those that are loaded; `load` names the one that it would load.
  if (its.mode === "gateway" || its.off?.[code || (args[0] as string)]) return undefined;
  return attempt(() => {
    const queue = page.queue();
    if (method === "load") loaded.push(args[0] as string);
    const target = (code ? page.real.instance?.call(queue, code) : queue) as Record<string, any> | undefined;
    const real = code ? target?.[method] : page.real[method];
    return real ? real.apply(target, args) : target?.push?.([method, ...args]);
  });
}

/** Tell what became of a call made at this time; undefined where that is not known yet. */
export function fateOf(calledAt: number): Fate | undefined {
  if (blocked) return "blocked";
  if (!loaded.length) return undefined;
  if (!alive && page.queue().length) return undefined;
  const place = beacons.findIndex((at) => at >= calledAt);
  if (place < 0) return undefined;
  beacons = beacons.filter((_, i) => i !== place);
  return "sent";
}
