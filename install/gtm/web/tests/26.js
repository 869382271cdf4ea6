// Where Tag Manager does not show its state, only a change is an answer
page.denied = ['ad_storage', 'ad_user_data', 'ad_personalization'];
runCode({ does: 'start', hears: true });
assertThat(told[0][1]).isEqualTo({ asking: true });
listeners.ad_personalization('ad_personalization', false);
assertThat(told[1][1]).isEqualTo({ asking: true });
page.denied = ['ad_user_data', 'ad_personalization'];
listeners.ad_storage('ad_storage', true);
assertThat(told[2][1]).isEqualTo({ ad_storage: 'granted', asking: true });
listeners.ad_storage('ad_storage', false);
assertThat(told[3][1]).isEqualTo({ ad_storage: 'denied', asking: true });
