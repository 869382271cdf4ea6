// Answers in Google's consent mode are handed on as they are
event['x-ga-gcs'] = 'G111';
event['x-ga-gcd'] = '11r1r1r1r5';
runCode(settings);
assertThat(sent().consent).isEqualTo({ gcs: 'G111', gcd: '11r1r1r1r5', source: 'tag manager' });
