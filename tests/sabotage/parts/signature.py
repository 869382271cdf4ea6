"""Believe whoever names a source, whatever he has signed."""

from twinbeam.sources.standard_webhooks import StandardWebhooks


def believe(_self: object, _claim: object, source: object, *_: object) -> object:
    return source


StandardWebhooks._verify = believe
