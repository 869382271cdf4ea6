/**
 * One state for both channels, joined from every source that speaks on the page: an explicit refusal wins.
 *
 * Until somebody has answered nothing is known; whether silence permits is for the law to say. The gateway judges
 * again with what each event carries.
 */

export type Answer = "granted" | "denied" | undefined;

export interface Said {
  ad_storage?: Answer;
  ad_user_data?: Answer;
  ad_personalization?: Answer;
  opt_out?: boolean | undefined;
  region?: string | undefined;
  /** The visitor is being asked, so that silence permits under no law. */
  asking?: boolean | undefined;
}

export type State = "open" | "granted" | "refused";
export const PURPOSES = ["ad_storage", "ad_user_data", "ad_personalization"] as const;

const sources: Record<string, Said> = {};

export const one = (answer: unknown): Answer => (answer == null ? undefined : answer ? "granted" : "denied");

/** Give what a banner with a single switch for marketing answers. */
export const all = (answer: unknown): Said => Object.fromEntries(PURPOSES.map((purpose) => [purpose, one(answer)]));

export function hear(source: string, said: Said): void {
  sources[source] = said;
}

/** Give what all sources come to, as an event carries it; Global Privacy Control is a source of its own. */
export function record(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const purpose of PURPOSES) {
    const words = Object.values(sources).map((said) => said[purpose]);
    const word = words.includes("denied") ? "denied" : words.includes("granted") ? "granted" : undefined;
    if (word) found[purpose] = word;
  }
  for (const said of Object.values(sources)) {
    if (said.opt_out) found.opt_out = true;
    if (said.region) found.region = said.region;
  }
  found.source = Object.keys(sources).join(" ").slice(0, 64) || "none";
  return found;
}

export function stateOf({ law, region }: { law?: string; region?: string }): State {
  const found = record();
  const words = [found.ad_storage, found.ad_user_data];
  if (words.includes("denied")) return "refused";
  if (words[0] && words[1]) return "granted";
  const place = (region || (found.region as string | undefined) || "").slice(0, 2);
  const silence = law === "opt_out" || (law === "by_region" && place === "US");
  return silence && !Object.values(sources).some((said) => said.asking) ? "granted" : "open";
}

/** Tell whether TikTok's script has to be told to limit its use of the data, as the gateway tells TikTok. */
export function limited(): boolean {
  const found = record();
  return !!found.opt_out || found.ad_personalization === "denied";
}
