/**
 * One event, told twice: by the page's own call and by its dataLayer, or by a marked button.
 *
 * Whoever comes first counts. What another source tells under the same name within five seconds is its twin; what the
 * same source tells again is another event.
 */

import type { Args, Held, Page } from "./stub";

const TWINS_WITHIN_MS = 5_000;

/** Report an event of a source, unless another one told of it already. */
export type Report = (by: string, ...track: Args) => void;

/** Give the function by which all sources of a page report. */
export function twins(page: Page, told: unknown[][]): Report {
  if (page.twins) return page.twins as Report;
  const last: Record<string, [string, number]> = {};
  const isTwin = (by: string, name: unknown): boolean => {
    const [who, at] = last[name as string] || [by, 0];
    const now = performance.now();
    if (who !== by && now - at < TWINS_WITHIN_MS) return true;
    last[name as string] = [by, now];
    return false;
  };
  told.forEach(([what, name]) => what === "track" && isTwin("page", name));
  const call = page.call!;
  const track = page.track as (...args: Args) => void;
  page.call = (held: Held) => (held[1] === "track" && isTwin("page", held[2][0]) ? undefined : call(held));
  const report: Report = (by, ...args) => isTwin(by, args[0]) || track(...args);
  page.track = (...args: Args) => report("page", ...args);
  return (page.twins = report);
}
