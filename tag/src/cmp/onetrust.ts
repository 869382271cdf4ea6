/** OneTrust and CookiePro: the group of targeting cookies, C0004 unless the snippet says another, once the visitor has answered. */

import { all, type Said } from "../consent";
import { attempt, win, type Settings } from "../settings";

win.twinbeam.onetrust = (hear: (said: Said) => void, its: Settings): (() => void) => {
  const read = (): void => {
    const answered = attempt(() => win.OneTrust.IsAlertBoxClosed());
    const groups = String(win.OnetrustActiveGroups || "").split(",");
    hear(answered ? all(groups.includes(its.group || "C0004")) : { asking: true });
  };
  addEventListener("OneTrustGroupsUpdated", read);
  attempt(() => win.OneTrust.OnConsentChanged(read));
  read();
  return read;
};
