/**
 * Google Consent Mode v2, read from the page's dataLayer.
 *
 * A type that was never pushed is unknown. A default is no answer of the visitor's: one of denied says that they are
 * being asked, one of granted that nobody asks. Only an update is their word. Events in the layer are for another part.
 */

import { PURPOSES, type Answer, type Said } from "./consent";
import { win } from "./settings";

export function google(hear: (said: Said) => void, tellsEvents: () => void): void {
  const layer = (win.dataLayer ||= []) as unknown[] & { push: (...items: unknown[]) => number };
  const said: Said = {};
  const denied: Record<string, boolean> = {};

  const read = (item: unknown): void => {
    const [what, how, words] = Array.from((item || []) as unknown[]) as [string, string, Record<string, string>];
    // What Tag Manager pushes for itself begins with its name.
    if (what === "event" || (item as any)?.event?.indexOf?.("gtm")) tellsEvents();
    if (what !== "consent" || !words) return;
    for (const purpose of PURPOSES) {
      const word = words[purpose];
      if (!word) continue;
      if (how === "update") said[purpose] = word as Answer;
      else denied[purpose] ||= word === "denied";
    }
    said.asking = PURPOSES.some((purpose) => denied[purpose] && !said[purpose]);
    hear({ ...said });
  };

  Array.prototype.forEach.call(layer, read);
  const push = layer.push;
  layer.push = function (...items) {
    const result = push.apply(this, items);
    items.forEach(read);
    return result;
  };
}
