/** Shopify's Customer Privacy API: the visitor's word on marketing and on the sale of their data. */

import { all, one, type Said } from "../consent";
import { attempt, win } from "../settings";

const ANSWERS: Record<string, boolean> = { yes: true, no: false };

win.twinbeam.shopify = (hear: (said: Said) => void): (() => void) => {
  const read = (): void => {
    const said = attempt(() => win.Shopify.customerPrivacy.currentVisitorConsent());
    if (!said) return hear({});
    const answer = ANSWERS[said.marketing];
    const sale = ANSWERS[said.sale_of_data];
    const region = attempt(() => String(win.Shopify.customerPrivacy.getRegion()));
    hear({
      ...all(answer),
      ad_personalization: sale === false ? "denied" : one(answer),
      opt_out: sale === false || undefined,
      region: region && /^[A-Z]{2}/.test(region) ? region.replace(/^([A-Z]{2})([A-Z]+)$/, "$1-$2") : undefined,
      asking: answer === undefined,
    });
  };
  document.addEventListener("visitorConsentCollected", read);
  if (win.Shopify.customerPrivacy) read();
  else if (!win.Shopify.loadFeatures) hear({ asking: true });
  else win.Shopify.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], read);
  return read;
};
