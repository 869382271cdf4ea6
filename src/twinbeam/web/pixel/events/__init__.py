"""The events of a pixel: what they carry, and whether a campaign can optimise for them."""
