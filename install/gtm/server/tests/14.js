// consent_state may refuse, and grants only where a banner has set it
event.consent_state = { ad_storage: true, ad_user_data: false, analytics_storage: true };
runCode(settings);
assertThat(sent().consent).isEqualTo({ ad_user_data: 'denied', source: 'tag manager' });
settings.believesState = true;
event.consent_state = { ad_storage: 'granted', ad_user_data: true, ad_personalization: 'denied' };
runCode(settings);
assertThat(gateway.requests[1].body.events[0].consent).isEqualTo({
  ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'denied', source: 'tag manager'
});
