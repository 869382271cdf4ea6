/** `data-hash="browser"`: e-mail address and phone number are hashed before anything leaves the page. */

import { win, type Settings } from "./settings";
import type { Page } from "./stub";
import type { Event } from "./transport";

win.twinbeam.hash = (_its: Settings, page: Page): void => {
  page.hashed = (user: Event, sha256: (text: string) => string): void => {
    const email = String(user.email || "").trim().toLowerCase();
    const phone = String(user.phone || "").replace(/[\s().-]/g, "");
    if (email && !/^[0-9a-f]{64}$/.test(email)) user.email = sha256(email);
    user.phone = /^\+\d{8,15}$/.test(phone) ? sha256(phone) : undefined;
  };
};
