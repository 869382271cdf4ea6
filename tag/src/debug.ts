/** `?twinbeam=debug`: tells in the console what was sent, or why not. */

import { win, type Settings } from "./settings";

const WORDS: Record<string, string> = {
  consent: "Consent is now",
  dropped: "That was not sent, because the visitor has not allowed it",
  again: "Not sent again, because it fired before:",
  native: "TikTok's script, by the evidence, with this event:",
  answer: "The gateway answered",
  found: "About this page:",
  track: "The page called ttq.track",
  page: "The page called ttq.page",
  identify: "The page called ttq.identify",
};

win.twinbeam.debug = (told: unknown[][], its: Settings): void => {
  const show = ([what, ...about]: unknown[]): void =>
    console.info(`[twinbeam] ${WORDS[what as string] || what}`, ...(what === "identify" ? [] : about));
  show(["This page's tag:", { ...its, key: its.key.slice(0, 8) }]);
  told.forEach(show);
  told.push = (...items) => {
    items.forEach(show);
    return items.length;
  };
};
