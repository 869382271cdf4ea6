/**
 * IAB GPP 1.1: asked through `__gpp`, by its listener, and believed only once its signal is ready.
 *
 * The sections of the United States, national and of states, tell of opt-outs; the European one tells of purposes, as
 * a TC string does. A section stands there as an object, or as a list of its segments.
 */

import { one, type Said } from "../consent";
import { win, type Settings } from "../settings";

type Section = Record<string, any>;
interface Heard {
  pingData?: {
    signalStatus?: string;
    applicableSections?: number[];
    parsedSections?: Record<string, Section | Section[]>;
  };
}

const EUROPE = "tcfeuv2";
const OPTED_OUT = 1;

win.twinbeam.gpp = (hear: (said: Said) => void, its: Settings): (() => void) => {
  const european = (section: Section): Said => {
    const vendor = !its.vendor || (section.VendorConsents || []).includes(+its.vendor);
    const may = (purposes: string): boolean => vendor && purposes.split("+").every((n) => section.PurposeConsents?.[+n - 1]);
    const [storage = "1", user = "1+7", personal = "3+4"] = its.purposes?.split(",") || [];
    return { ad_storage: one(may(storage)), ad_user_data: one(may(user)), ad_personalization: one(may(personal)) };
  };
  win.__gpp("addEventListener", ({ pingData }: Heard, works: boolean) => {
    if (!works || !pingData) return;
    if (pingData.signalStatus !== "ready") return hear({ asking: true });
    const said: Said = {};
    for (const [name, segments] of Object.entries(pingData.parsedSections || {})) {
      const section: Section = Object.assign({}, ...[segments].flat());
      const state = /^us([a-z]{2}|nat)$/.exec(name);
      if (name === EUROPE) Object.assign(said, european(section));
      if (!state) continue;
      const { SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut, Gpc } = section;
      if (Gpc || [SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut].includes(OPTED_OUT)) said.opt_out = true;
      said.region = state[1] === "nat" ? said.region || "US" : "US-" + state[1]!.toUpperCase();
    }
    hear(said);
  });
  return () => undefined;
};
