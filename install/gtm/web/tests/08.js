// A search is reported with what was searched for
layer.event = 'search';
layer.search_term = 'red hat';
runCode({ does: 'event', event: 'inherit' });
assertThat(told[0]).isEqualTo(['twinbeam.track', 'Search', { query: 'red hat' }, {}]);
