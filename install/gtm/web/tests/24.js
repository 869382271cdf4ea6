// An answer that comes later is heard, and so is its withdrawal
page.entries = { ad_storage: { default: false } };
page.denied = ['ad_storage'];
runCode({ does: 'start', hears: true });
page.entries = { ad_storage: { default: false, update: true } };
page.denied = [];
listeners.ad_storage('ad_storage', true);
assertThat(told[1][1]).isEqualTo({ ad_storage: 'granted' });
page.entries = { ad_storage: { default: false, update: false } };
page.denied = ['ad_storage'];
listeners.ad_storage('ad_storage', false);
assertThat(told[2][1]).isEqualTo({ ad_storage: 'denied' });
