// The page: what the data layer holds, whether the browser tag is there, what Tag Manager knows of the consent.
const layer = {};
const told = [];
const listeners = {};
const page = { isHere: true, entries: undefined, denied: [] };
const injected = [];

mock('copyFromDataLayer', (key) => layer[key]);
mock('copyFromWindow', (key) => {
  if (key === 'twinbeam.track') return page.isHere ? () => {} : undefined;
  return page.entries;
});
mock('callInWindow', (path, one, two, three) => {
  told.push([path, one, two, three]);
});
mock('isConsentGranted', (type) => page.denied.indexOf(type) < 0);
mock('addConsentListener', (type, listener) => {
  listeners[type] = listener;
});
mock('injectScript', (url, onSuccess, onFailure) => {
  injected.push({ url: url, onSuccess: onSuccess, onFailure: onFailure });
});
