"""The page /connect/tiktok: an advertiser gives this installation access."""
