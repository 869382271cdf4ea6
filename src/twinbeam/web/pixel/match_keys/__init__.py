"""Which match keys the accepted conversions of a pixel carried, by event and side, and what a missing one costs."""
