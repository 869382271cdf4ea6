/** What has fired already, remembered in the browser once the visitor allowed it: an order never fires twice. */

import { store, stored } from "./settings";

const PLACE = "tb_once";
const MOST = 200;
const known: string[] = [];

/** Tell whether this was marked before, in this tab or another one. */
export const fired = (mark: string): boolean => [...known, ...stored(PLACE)].includes(mark);

export function remember(mark: string): void {
  known.push(mark);
  store(PLACE, [...stored(PLACE), mark].slice(-MOST));
}

/** Tell whether the page was reloaded or come back to, so that what it does it has done before. */
export const isRepeat = (): boolean =>
  /reload|back_forward/.test((performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined)?.type!);
