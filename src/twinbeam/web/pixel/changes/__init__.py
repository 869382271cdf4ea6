"""Who changed what of a pixel, and when."""
