"""The browser's side: the script a page loads, and the collector it reports to (tiktok.md 9)."""
