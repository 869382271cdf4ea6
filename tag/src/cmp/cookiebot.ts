/** Cookiebot: its marketing category, once the visitor has answered. */

import { all, type Said } from "../consent";
import { win } from "../settings";

win.twinbeam.cookiebot = (hear: (said: Said) => void): (() => void) => {
  const read = (): void => {
    const its = win.Cookiebot;
    // An implied consent is the law's word, and not the visitor's.
    const answered = its?.hasResponse && its.consent?.method !== "implied";
    hear(answered ? all(!!its.consent.marketing) : { asking: true });
  };
  ["CookiebotOnConsentReady", "CookiebotOnAccept", "CookiebotOnDecline"].forEach((name) => addEventListener(name, read));
  read();
  return read;
};
