"""An emulator of TikTok's side of conversion tracking: an independent reading of the documented behaviour."""
