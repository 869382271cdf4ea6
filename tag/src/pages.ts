/**
 * Page views where TikTok's script does not report them: on pages without it, and where it is dead.
 *
 * Alive it reports each change of the address by itself (tiktok.md 9.5), and then this part is not loaded. A page's own
 * call for an address that was reported already is the same view.
 */

import { win, type Settings } from "./settings";
import type { Held, Page } from "./stub";

win.twinbeam.pages = (_hear: unknown, its: Settings, told: unknown[][]): (() => void) => {
  const page: Page & { page?: () => void } = win.twinbeam;
  const call = page.call!;
  const reported = its.mode !== "gateway" || told.some(([what]) => what === "page");
  let last = reported ? location.href : "";
  const look = (): void => {
    if (location.href === last) return;
    last = location.href;
    page.page!();
  };
  page.call = (held: Held) => {
    if (held[1] !== "page") return call(held);
    if (location.href === last) return undefined;
    last = location.href;
    return call(held);
  };
  (["pushState", "replaceState"] as const).forEach((method) => {
    const real = history[method];
    history[method] = (...args) => {
      real.apply(history, args);
      look();
    };
  });
  addEventListener("popstate", look);
  look();
  // Out of the browser's cache a page comes back as a new view.
  return () => page.page!();
};
