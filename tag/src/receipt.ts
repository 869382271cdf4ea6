/** The gateway's consent receipt, for the shop's server: asked for once a day, and again when the answers change. */

import { record } from "./consent";
import { store, stored } from "./settings";

const PLACE = "tb_receipt";
const DAY_MS = 86_400_000;

type Kept = [record?: string, receipt?: string, at?: number];
let kept: Kept | undefined;

const said = (): string => JSON.stringify(record());

export function receipt(): string | undefined {
  const [words, text, at = 0] = (kept ||= stored(PLACE) as Kept);
  return words === said() && Date.now() - at < DAY_MS ? text : undefined;
}

/** Keep a receipt, or with none forget the one that was kept. */
export function keepReceipt(text?: string): void {
  kept = text ? [said(), text, Date.now()] : [];
  store(PLACE, kept);
}
