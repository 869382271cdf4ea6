"""TikTok's Events API 2.0 as a destination: what goes out, what the answers mean, and the one file that speaks HTTP."""
