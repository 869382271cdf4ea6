/**
 * SHA-256 as 64 hexadecimal digits, by the browser, which needs a moment for it.
 *
 * What is asked for before it is known is thrown, in a list of its own; whoever catches it waits for `learn` and does the same
 * once more. On pages without TLS a part of the tag does it instead.
 */

import { win } from "./settings";

export type Unknown = [text: string];

const known: Record<string, string> = {};

export function sha256(text: string): string {
  const found = known[text] || win.twinbeam.sha256?.(text);
  if (!found) throw [text];
  return found;
}

/** Have the hash of a text made, or with `bring` the part that makes them all. */
export function learn([text]: Unknown, bring: (then: () => void) => void, then: () => void): void {
  if (!crypto.subtle) return bring(then);
  void crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then((bytes) => {
    known[text] = Array.from(new Uint8Array(bytes), (byte) => (byte + 256).toString(16).slice(1)).join("");
    then();
  });
}
