// Granted by default is no permission, and what was answered beside it is told
event['x-ga-gcs'] = 'G111';
event['x-ga-gcd'] = '11t1t1r1u5';
runCode(settings);
assertThat(sent().consent).isEqualTo({
  evidence: '11t1t1r1u5', ad_user_data: 'granted', ad_personalization: 'denied', source: 'tag manager'
});
