"""The Marketing API of TikTok: accounts, their pixels and statistics (tiktok.md 12)."""
