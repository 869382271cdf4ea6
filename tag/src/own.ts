/** TikTok's base code (tiktok.md 9.2), for pages where the tag loads the script itself; what it collects by itself is off. */

import { win, type Settings } from "./settings";
import type { Page } from "./stub";

win.twinbeam.own = (its: Settings, page: Page): void => {
  const queue = page.queue() as any;
  const methods = Object.keys(page.queue()).filter((name) => !/^(load|instance)$/.test(name) && isNaN(+name));
  const defer = (target: any): any => {
    methods.forEach((method) => (target[method] = (...args: unknown[]) => target.push([method, ...args])));
    return target;
  };
  win.TiktokAnalyticsObject = "ttq";
  queue._i = queue._i || {};
  queue._t = queue._t || {};
  queue._o = queue._o || {};
  methods.forEach((method) => (queue[method] = (...args: unknown[]) => queue.push([method, ...args])));
  queue.instance = (code: string) => defer(queue._i[code] || []);
  queue.load = (code: string, options?: Record<string, unknown>) => {
    const url = `${its.host || "https://analytics.tiktok.com"}/i18n/pixel/events.js`;
    queue._i[code] = [];
    queue._i[code]._u = url;
    queue._t[code] = Date.now();
    queue._o[code] = { autoConfig: false, ...options };
    const script = document.createElement("script");
    script.async = true;
    script.src = `${url}?sdkid=${code}&lib=ttq`;
    document.head.append(script);
  };
  (its.pixel || "").split(",").filter(Boolean).forEach((code) => win.ttq.load(code));
  win.ttq.page();
};
