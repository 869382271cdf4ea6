// The id of the event goes to both copies as it is given
layer.event = 'add_to_cart';
runCode({ does: 'event', event: 'inherit', eventId: 'gtm-1-2-3' });
assertThat(told[0][3]).isEqualTo({ event_id: 'gtm-1-2-3' });
