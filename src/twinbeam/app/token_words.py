"""TikTok's word on tokens, as its answers to deliveries give it."""

from twinbeam.admin.token_check import learn
from twinbeam.destinations.tiktok.token_trial import verdict_of_code
from twinbeam.engines.stores.sqlite.store import SqliteStore


def learn_of_deliveries(store: SqliteStore) -> int:
    """Write down what the newest answers say of the tokens; for the store's thread."""
    return learn(store, store.last_answers(), verdict_of_code)
