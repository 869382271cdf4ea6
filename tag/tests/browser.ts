/** As much of a browser as the parts under test touch; imported first. */

export const storage: Record<string, string> = {};

Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
Object.assign(globalThis, {
  window: globalThis,
  twinbeam: {},
  document: { cookie: "", referrer: "", addEventListener: () => undefined },
  location: { href: "https://shop.example/", host: "shop.example", hostname: "shop.example", protocol: "https:", search: "" },
  localStorage: {
    getItem: (name: string) => storage[name] ?? null,
    setItem: (name: string, value: string) => void (storage[name] = value),
    removeItem: (name: string) => void delete storage[name],
  },
  addEventListener: () => undefined,
});
