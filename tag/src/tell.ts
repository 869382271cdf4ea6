/** What the tag did, for `?twinbeam=debug`; and what it found out about the page, for the gateway. */

export const told: unknown[][] = [];
export const found: string[] = [];
const known: string[] = [];

const MOST = 200;

export function say(what: string, ...about: unknown[]): void {
  if (told.length < MOST) told.push([what, ...about]);
}

export function report(finding: string): void {
  if (known.includes(finding)) return;
  known.push(finding);
  found.push(finding);
  say("found", finding);
}
