/**
 * What stands in the page before everything else: TikTok's queue, gated, until the tag itself has arrived.
 *
 * Every call to `ttq` (tiktok.md 9.3) is caught, in the order in which the page made it, whether the page's base code,
 * TikTok's script or this tag comes first. Nothing reaches TikTok's code before the tag lets it.
 */

export type Args = unknown[];
export type Held = [code: string, method: string, args: Args, script: Element | null];
type Method = (...args: Args) => unknown;
type Queue = Args & Record<string, unknown>;

export interface Page {
  held: Held[];
  early: string[];
  real: Record<string, Method | undefined>;
  queue: () => Queue;
  adopt: (queue?: Queue) => void;
  call?: (held: Held) => unknown;
  [api: string]: unknown;
}

export function stub(w: Record<string, unknown>, name: string): Page {
  if (w.twinbeam) return w.twinbeam as Page;

  const methods = (
    "page track identify instances debug on off once ready alias group enableCookie disableCookie " +
    "holdConsent revokeConsent grantConsent load"
  ).split(" ");
  const real: Page["real"] = {};
  const handles: Record<string, Record<string, Method>> = {};
  let queue: Queue;

  const gates = (code: string): Record<string, Method> => {
    const made: Record<string, Method> = { instance: (other) => (handles[other as string] ??= gates(other as string)) };
    methods.forEach((method) => {
      made[method] = (...args) => {
        const held: Held = [code, method, args, document.currentScript as Element | null];
        return page.call ? page.call(held) : void page.held.push(held);
      };
    });
    return made;
  };
  const own = gates("");

  const keep = (method: string, found: unknown): void => {
    // A script that copies the queue's methods hands our own back.
    if (found && found !== own[method]) real[method] = found as Method;
  };
  const adopt = (given: Queue = queue): void => {
    if (!given) return;
    queue = given;
    Object.keys(own).forEach((method) => {
      keep(method, given[method]);
      try {
        Object.defineProperty(given, method, {
          configurable: true,
          enumerable: true,
          get: () => own[method],
          set: (found) => keep(method, found),
        });
      } catch {
        // Frozen or sealed: the page goes on without us.
      }
    });
  };

  const found = (w[name] || []) as Queue;
  const page: Page = {
    held: [],
    early: Object.keys((found._i as object | undefined) || {}),
    real,
    queue: () => queue,
    adopt,
  };
  ["consent", "set", "allowed", "track", "page", "identify"].forEach((method) => {
    page[method] = (...args: Args) => void page.held.push(["", method, args, null]);
  });
  page.context = () => ({});
  w.twinbeam = page;

  // What waits in a queue that is older than this tag was not reported yet, so it goes through the gate as well.
  if (found.splice)
    found.splice(0).forEach((item) => {
      if (Array.isArray(item)) page.held.push(["", item[0], item.slice(1), null]);
    });
  adopt(found);
  try {
    Object.defineProperty(w, name, { configurable: true, get: () => queue, set: adopt });
  } catch {
    // A page that declares it with `var` keeps the queue that was there.
  }
  return page;
}
