/** Page views of pages without TikTok's script, which otherwise reports them by itself (tiktok.md 9.5). */

import { win } from "./settings";

win.twinbeam.pages = (view: () => void): void => {
  let last = "";
  const look = (): void => {
    if (location.href === last) return;
    last = location.href;
    view();
  };
  (["pushState", "replaceState"] as const).forEach((method) => {
    const real = history[method];
    history[method] = (...args) => {
      real.apply(history, args);
      look();
    };
  });
  addEventListener("popstate", look);
  addEventListener("pageshow", (event) => event.persisted && view());
  look();
};
