/** Usercentrics v2 (`UC_UI`) and v3 (`__ucCmp`): TikTok's service, or else the marketing category; only explicit answers. */

import { all, type Said } from "../consent";
import { attempt, win } from "../settings";

interface Service {
  name?: string;
  categorySlug?: string;
  category?: string;
  consent?: { status?: boolean; given?: boolean; type?: string };
  history?: { type?: string }[];
}

win.twinbeam.usercentrics = (hear: (said: Said) => void): (() => void) => {
  const judge = (services: Service[], explicit: boolean): void => {
    const own = services.filter((one) => /tiktok/i.test(one.name || ""));
    const meant = own.length ? own : services.filter((one) => /marketing/i.test(one.categorySlug || one.category || ""));
    if (!explicit || !meant.length) return hear({ asking: true });
    hear(all(meant.every((one) => one.consent?.status ?? one.consent?.given)));
  };
  const two = (): void => {
    const services: Service[] = attempt(() => win.UC_UI.getServicesBaseInfo()) || [];
    const explicit = services.some((one) => /explicit/i.test(one.history?.slice(-1)[0]?.type || one.consent?.type || ""));
    judge(services, explicit || attempt(() => win.UC_UI.isConsentRequired()) === false);
  };
  const three = async (): Promise<void> => {
    const details = await win.__ucCmp.getConsentDetails();
    const services = Object.values((details.services || {}) as Record<string, Service>);
    judge(services, /explicit/i.test(details.consent?.type || ""));
  };
  const read = (): void => (win.__ucCmp ? void three().catch(() => hear({ asking: true })) : two());
  ["UC_UI_INITIALIZED", "UC_UI_CMP_EVENT", "UC_CONSENT"].forEach((name) => addEventListener(name, read));
  read();
  return read;
};
