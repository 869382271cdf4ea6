/**
 * Events by attributes of the page's elements, and by what a click on a link means by itself.
 *
 * `data-twinbeam-event` names the event of a click, a form's submit, an element's sight (`data-twinbeam-on="view"`) or
 * its being there (`load`); `data-twinbeam-value` and so on are its properties. A form's fields are read once it is
 * submitted, and only where `data-twinbeam-identify` permits it: its first e-mail address and phone number.
 */

import { attempt, doc, draw, win, type Settings } from "./settings";
import { twins } from "./twins";
import type { Event } from "./transport";

const OURS = /^twinbeam(?!(Event|On|Start|Identify)$)[A-Z]/;
const NUMBERS = /^(value|price|quantity|num_items)$/;
const FILES = /\.(pdf|docx?|xlsx?|pptx?|odt|csv|epub|zip|dmg|exe|msi|apk|mp3|mp4)$/i;
const AGAIN_MS = 5_000;

/** Give what an element's attributes say, in TikTok's words: `data-twinbeam-content-id` is `content_id`. */
function said({ dataset }: HTMLElement): Event {
  const found: Event = {};
  for (const [key, text] of Object.entries(dataset) as [string, string][]) {
    if (!OURS.test(key)) continue;
    const name = key.slice(8).replace(/[A-Z]/g, (letter, at) => (at ? "_" : "") + letter.toLowerCase());
    found[name] = NUMBERS.test(name) ? +text : name === "contents" ? attempt(() => JSON.parse(text)) : text;
  }
  return found;
}

win.twinbeam.marks = (_hear: unknown, its: Settings, told: unknown[][]): (() => void) => {
  const page = win.twinbeam;
  const report = twins(page, told);
  const known = new WeakSet<Element>();
  const sent = new WeakMap<Element, number>();

  const track = (name: string, props: Event, event_id?: string): void => report("marks", name, props, { event_id });
  const tell = (element: HTMLElement, name = element.dataset.twinbeamEvent, id?: string): void => {
    const { event_id, ...props } = said(element);
    if (name) track(name, props, event_id || id);
  };
  const when = (element: HTMLElement): string =>
    element.dataset.twinbeamOn || (element.tagName === "FORM" ? "submit" : "click");
  const isFirst = (element: Element): boolean => !known.has(element) && !!known.add(element);

  const clicked = (click: MouseEvent): void => {
    const target = click.target as Element;
    const marked = target.closest?.<HTMLElement>("[data-twinbeam-event]");
    // The second click of a double one means the same.
    if (marked && when(marked) === "click") return void (click.detail > 1 || tell(marked));
    const link = target.closest?.<HTMLAnchorElement>("a[href]");
    if (!link || its.without?.includes("links")) return;
    const [way] = /^(mailto|tel|sms)(?=:)/i.exec(link.href) || [];
    const file = (link.pathname || "").split("/").pop()!;
    if (way) isFirst(link) && track("Contact", { content_name: way });
    else if (link.hasAttribute("download") || FILES.test(file)) isFirst(link) && track("Download", { content_name: file });
  };

  const submitted = ({ target }: globalThis.Event): void => {
    const form = target as HTMLFormElement;
    const now = performance.now();
    if (!form.dataset.twinbeamEvent || when(form) !== "submit" || now - sent.get(form)! < AGAIN_MS) return;
    sent.set(form, now);
    const typed = (kind: string): string | undefined =>
      [...form.querySelectorAll<HTMLInputElement>(`[type=${kind}]`)].map(({ value }) => value).find(Boolean);
    if (form.dataset.twinbeamIdentify != null)
      page.identify({ email: typed("email"), phone_number: typed("tel") });
    // The shop's server gets the id that both copies have, to name the lead by it.
    const field = form.querySelector<HTMLInputElement>("[name=twinbeam_event_id]");
    if (field) field.value ||= draw();
    tell(form, undefined, field?.value);
  };

  const begun = ({ target }: globalThis.Event): void => {
    const form = (target as Element).closest?.<HTMLFormElement>("form[data-twinbeam-start]");
    if (form && isFirst(form)) track(form.dataset.twinbeamStart!, said(form));
  };

  const sight = new IntersectionObserver(
    (seen) =>
      seen.forEach(({ target, intersectionRatio, intersectionRect }) => {
        if (intersectionRatio < 0.5 && intersectionRect.height < innerHeight / 2) return;
        sight.unobserve(target);
        tell(target as HTMLElement);
      }),
    { threshold: Array.from({ length: 51 }, (_, at) => at / 100) },
  );
  const look = (): void =>
    doc.querySelectorAll<HTMLElement>("[data-twinbeam-on]").forEach((element) => {
      const way = when(element);
      if (!/view|load/.test(way) || !isFirst(element)) return;
      if (way === "view") sight.observe(element);
      else tell(element);
    });

  const listen = (event: string, hear: (happened: any) => void): void =>
    doc.addEventListener(event, (happened) => attempt(() => hear(happened)), true);
  listen("click", clicked);
  listen("submit", submitted);
  listen("input", begun);
  new MutationObserver(look).observe(doc, { childList: true, subtree: true });
  look();
  return () => undefined;
};
