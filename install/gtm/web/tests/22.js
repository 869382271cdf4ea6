// A default of denied means that the visitor is being asked, and refuses nothing
page.entries = { ad_storage: { default: false }, ad_user_data: { default: false } };
page.denied = ['ad_storage', 'ad_user_data'];
runCode({ does: 'start', hears: true });
assertThat(told).isEqualTo([['twinbeam.consent', { asking: true }, undefined, undefined]]);
