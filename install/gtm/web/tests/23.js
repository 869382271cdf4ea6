// An update of an earlier page load is heard at once
page.entries = { ad_storage: { default: false, update: true }, ad_user_data: { default: false, update: true }, ad_personalization: { update: false } };
runCode({ does: 'start', hears: true });
assertThat(told).isEqualTo([['twinbeam.consent', { ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'denied' }, undefined, undefined]]);
