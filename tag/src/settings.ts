/** What the script's address and attributes say, and what the gateway put in front of it for its key. */

export interface Settings {
  /** The browser key; public, as everything here. */
  key: string;
  /** Where the gateway's files and paths are, such as https://shop.example/t/. */
  base: string;
  /** Who loads TikTok's script: the page's own base code (`drop-in`), the tag (`own`), or nobody (`gateway`). */
  mode?: string;
  /** For `own`: the pixels to load, with commas between. */
  pixel?: string;
  /** What silence means: `opt_in`, `opt_out` or `by_region`. */
  law?: string;
  region?: string;
  /** The only sources of consent that count, with commas between; without it all of them. */
  consent?: string;
  /** For TCF: a vendor that needs the visitor's consent too. */
  vendor?: string;
  /** For TCF: the purposes of each answer, such as `1,1+7,3+4`. */
  purposes?: string;
  /** For OneTrust: the group that stands for advertising. */
  group?: string;
  /** What names a purchase first: its token, or the `order`. */
  ids?: string;
  /** The shop that a key belongs to, where a pixel has several. */
  shop?: string;
  /** How far an order has to be to count: `placed`, or beyond. */
  purchase?: string;
  /** What TikTok's script reports instead of a purchase that does not count yet: `PlaceAnOrder` or nothing. */
  instead?: string;
  /** Who hashes e-mail addresses and phone numbers: the gateway, or the `browser`. */
  hash?: string;
  /** What the page tells without code, but is not asked for: `layer`, `marks`, `links`, `pages`, with commas between. */
  without?: string | string[];
  /** What a page view in the page's dataLayer is to TikTok: `ViewContent`, or by itself nothing beside TikTok's own. */
  view?: string;
  /** In the script's address: Tag Manager brought the tag. */
  whole?: string;
  /** For `own`: where TikTok's script comes from. */
  host?: string;
  /** By their codes: those pixels of several that are stopped. */
  off?: Record<string, unknown>;
  /** Whether the page's address asks for `?twinbeam=debug`. */
  debug: boolean;
}

export const win = window as unknown as Record<string, any>;
export const doc = document;

/** The settings of this page's tag, from its own script element on. */
export let its: Settings;

export function settle(script: HTMLScriptElement): void {
  its = {
    ...Object.fromEntries(new URL(script.src).searchParams),
    ...script.dataset,
    ...win.__twinbeam,
    base: script.src.replace(/(\/[\w-]{10})?\.js.*/, "/"),
    debug: /[?&]twinbeam=debug/.test(location.search),
  };
}

/** Do what may fail where storage, cookies or a frame's rights are missing; give what was asked for, or nothing. */
export function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}

/** Draw an id that nobody guesses: 128 bits. */
export const draw = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Read a list from the browser's storage; an empty one where there is none, or no storage. */
export const stored = <T>(place: string): T[] => attempt(() => JSON.parse(localStorage.getItem(place)!) as T[]) || [];

/** Store a list, or with none remove it. */
export const store = (place: string, list: unknown[]): unknown =>
  attempt(() => (list.length ? localStorage.setItem(place, JSON.stringify(list)) : localStorage.removeItem(place)));
