/**
 * IAB TCF 2.2 and 2.3: asked through `__tcfapi`, by its listener.
 *
 * While the banner shows (`cmpuishown`) the string holds no answer of the visitor's. Purposes 1, 1 with 7, and 3
 * with 4 make the three of the gateway unless the snippet says others; a vendor counts where it names one.
 */

import { one, type Said } from "../consent";
import { win, type Settings } from "../settings";

interface TcData {
  eventStatus?: string;
  gdprApplies?: boolean;
  tcString?: string;
  purpose?: { consents?: Record<string, boolean> };
  vendor?: { consents?: Record<string, boolean> };
}

win.twinbeam.tcf = (hear: (said: Said) => void, its: Settings): (() => void) => {
  win.__tcfapi("addEventListener", 2, (data: TcData | null, works: boolean) => {
    if (!works || !data) return;
    // Where this law does not apply, the string says nothing about the visitor.
    if (data.gdprApplies === false) return hear({});
    if (data.eventStatus !== "tcloaded" && data.eventStatus !== "useractioncomplete") return hear({ asking: true });
    const vendor = !its.vendor || !!data.vendor?.consents?.[its.vendor];
    const may = (purposes: string): boolean => vendor && purposes.split("+").every((n) => data.purpose?.consents?.[n]);
    const [storage = "1", user = "1+7", personal = "3+4"] = its.purposes?.split(",") || [];
    hear({ ad_storage: one(may(storage)), ad_user_data: one(may(user)), ad_personalization: one(may(personal)) });
  });
  return () => undefined;
};
