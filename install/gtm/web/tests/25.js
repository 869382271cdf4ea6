// A default of denied that is set late is no refusal
page.entries = {};
runCode({ does: 'start', hears: true });
page.entries = { ad_user_data: { default: false } };
page.denied = ['ad_user_data'];
listeners.ad_user_data('ad_user_data', false);
assertThat(told).isEqualTo([['twinbeam.consent', { asking: true }, undefined, undefined]]);
