/**
 * Didomi: TikTok's vendor where the notice has one, or the one that the snippet names, or else the purposes.
 *
 * `getCurrentUserStatus` gives what nobody answered as disabled, so it counts only once nothing is left to be asked.
 */

import { all, one, type Said } from "../consent";
import { attempt, win, type Settings } from "../settings";

type Statuses = Record<string, { enabled?: boolean }>;

win.twinbeam.didomi = (hear: (said: Said) => void, its: Settings): (() => void) => {
  const read = (): void => {
    const didomi = win.Didomi;
    const status = attempt(() => didomi.getCurrentUserStatus()) as { vendors?: Statuses; purposes?: Statuses } | undefined;
    const asks = attempt(() => didomi.shouldUserStatusBeCollected() as boolean) ?? true;
    if (!status || asks) return hear({ asking: true });
    const vendors = status.vendors || {};
    const vendor = vendors[its.vendor || Object.keys(vendors).find((id) => /tiktok/i.test(id)) || ""];
    if (vendor) return hear(all(!!vendor.enabled));
    const may = (...names: string[]): boolean => names.every((name) => status.purposes?.[name]?.enabled);
    hear({
      ad_storage: one(may("cookies")),
      ad_user_data: one(may("cookies", "measure_ad_performance")),
      ad_personalization: one(may("create_ads_profile", "select_personalized_ads")),
    });
  };
  // The object is there before it may be asked, and silence must not count as an answer meanwhile.
  hear({ asking: true });
  (win.didomiOnReady ||= []).push(read);
  (win.didomiEventListeners ||= []).push({ event: "consent.changed", listener: read });
  return read;
};
