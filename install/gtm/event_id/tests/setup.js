// What the data layer holds; Tag Manager numbers the events.
const layer = { event: 'view_item', 'gtm.uniqueEventId': 1 };
mock('copyFromDataLayer', (key) => layer[key]);
