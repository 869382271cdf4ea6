// Denied by default is no refusal: the event waits for the visitor's word
event['x-ga-gcs'] = 'G100';
event['x-ga-gcd'] = '11p1p1p1p5';
runCode(settings);
assertThat(sent().consent).isEqualTo({
  evidence: '11p1p1p1p5', ad_storage: 'undecided', ad_user_data: 'undecided', ad_personalization: 'undecided', source: 'tag manager'
});
