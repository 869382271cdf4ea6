"""Where conversions go: one package per destination."""
