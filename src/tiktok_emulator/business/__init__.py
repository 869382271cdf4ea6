"""The Marketing API around events: OAuth, pixels and their statistics, offline and CRM sets (tiktok.md 12)."""
