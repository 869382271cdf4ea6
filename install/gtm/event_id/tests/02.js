// The id that the page gives wins
layer.event_id = 'from-the-page';
assertThat(runCode({})).isEqualTo('from-the-page');
layer.event_id = 17;
assertThat(runCode({})).isEqualTo('17');
