// The IAB's own library as a consent management platform, behind the stub that its specification asks pages for.
import { CmpApi } from "@iabgpp/cmpapi";

window.__gpp ||= function (...asked) {
  (window.__gpp.queue ||= []).push(asked);
};
window.__gpp.queue ||= [];
window.__gpp.events ||= [];

const cmp = new CmpApi(31, 1);
cmp.setCmpStatus("loaded");
cmp.setCmpDisplayStatus("visible");

/** The visitor's answer: which sections apply, and the fields of each. */
window.banner = (sections, fields) => {
  cmp.setApplicableSections(sections);
  for (const [section, name, value] of fields) cmp.setFieldValue(section, name, value);
  cmp.setCmpDisplayStatus("hidden");
  cmp.fireSectionChange("usnat");
  cmp.setSignalStatus("ready");
};
