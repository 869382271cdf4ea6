/**
 * One event, told twice: by the page's own call to TikTok's queue and by its dataLayer, or by a marked button.
 *
 * Whoever comes first counts. What another source tells under the same name within five seconds is its twin; what the
 * same source tells again is another event.
 */

import type { Held, Page } from "./stub";

const TWINS_WITHIN_MS = 5_000;

type Twins = (by: string, name: unknown) => boolean;

/** Give the function that notes an event of a source, and tells whether another source told of it already. */
export function twins(page: Page, told: unknown[][]): Twins {
  if (page.twins) return page.twins as Twins;
  const last: Record<string, [string, number]> = {};
  const isTwin: Twins = (by, name) => {
    const [who, at] = last[name as string] || [by, 0];
    const now = performance.now();
    if (who !== by && now - at < TWINS_WITHIN_MS) return true;
    last[name as string] = [by, now];
    return false;
  };
  told.forEach(([what, name]) => what === "track" && isTwin("page", name));
  const call = page.call!;
  page.call = (held: Held) => (held[1] === "track" && isTwin("page", held[2][0]) ? undefined : call(held));
  return (page.twins = isTwin);
}
