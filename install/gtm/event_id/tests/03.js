// An id that an earlier event left in the data layer is not inherited
layer.event_id = 'of-the-view';
assertThat(runCode({})).isEqualTo('of-the-view');
layer.event = 'add_to_cart';
layer['gtm.uniqueEventId'] = 2;
assertThat(runCode({})).contains('gtm-');
