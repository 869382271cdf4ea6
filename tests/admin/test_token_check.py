"""A token is tried before it is kept: what is decided of each verdict, and what is written down of it."""

import asyncio
import threading
from contextlib import closing

import pytest

from engines.kit.embedded import found_in_files
from twinbeam.admin import audit, pixel_removal, pixels, testing, token_check, tokens
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.token_check import TrialOf, Tried
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import MAIN
from twinbeam.core.story import LastAnswer
from twinbeam.destinations.tiktok.token_trial import verdict_of_code
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup

CODE = "C4A5B6C7D8E9F0G1H2I3"
PLACE = (MAIN, CODE)
GOOD, REFUSED = Tried(TokenVerdict.GOOD, 0, "OK", "r-1"), Tried(TokenVerdict.EXPIRED, 40105, "revoked", "r-2")
REFUSALS = [verdict for verdict in TokenVerdict if verdict.refused]


@pytest.fixture(autouse=True)
def pixel(admin):
    return pixels.add(admin, pixels.NewPixel(CODE))


class Trial:
    """Somebody who always says the same of a token, and notes what was asked."""

    def __init__(self, tried):
        self.tried, self.asked = tried, []

    async def __call__(self, of, token):
        self.asked.append((of, token))
        return self.tried


async def here(fn):
    return fn()


def save(admin, tried, token="token-1", **how):
    """Save a token of which TikTok says this."""
    trial = Trial(tried if isinstance(tried, Tried) else Tried(tried))
    return asyncio.run(token_check.try_and_save(admin, here, trial, PLACE, token, **how))


def saved(admin):
    return admin.store.tokens().get(PLACE)


def known(admin):
    return admin.store.token_checks.find(*PLACE)


def test_the_verdicts_are_a_closed_set_and_each_says_what_happened_and_what_to_do():
    assert {it.value for it in TokenVerdict} == {
        "good",
        "unproven",
        "wrong_account",
        "wrong_scope",
        "expired",
        "empty",
        "app_forbidden",
        "rate_limited",
        "unreachable",
        "unexpected",
    }
    for verdict in TokenVerdict:
        assert verdict.sentence.endswith(".")
        assert bool(verdict.advice) is (verdict is not TokenVerdict.GOOD)
    assert len({it.sentence for it in TokenVerdict}) == len(TokenVerdict)


@pytest.mark.parametrize("verdict", TokenVerdict)
def test_the_first_token_is_kept_whatever_tiktok_says_because_nothing_is_lost(admin, verdict):
    outcome = save(admin, verdict)
    assert (outcome.saved, outcome.check, saved(admin)) == (True, known(admin), "token-1")
    assert known(admin).verdict is verdict
    assert known(admin).proven is (verdict is TokenVerdict.GOOD)
    assert (known(admin).failing_since_ms is not None) is verdict.refused


@pytest.mark.parametrize("verdict", TokenVerdict)
def test_a_token_that_works_gives_way_to_any_but_a_refused_one(admin, verdict):
    save(admin, GOOD, "works")
    admin.clock.advance(seconds=5)
    outcome = save(admin, verdict, "another")
    assert outcome.saved is not verdict.refused
    assert saved(admin) == ("works" if verdict.refused else "another")
    assert known(admin).verdict is (TokenVerdict.GOOD if verdict.refused else verdict)
    assert outcome.check.verdict is verdict


@pytest.mark.parametrize("verdict", REFUSALS)
def test_whoever_insists_has_a_refused_token_saved(admin, verdict):
    save(admin, GOOD, "works")
    assert save(admin, verdict, "another", force=True).saved
    assert (saved(admin), known(admin).verdict) == ("another", verdict)


@pytest.mark.parametrize("untried", [True, False])
def test_a_token_of_which_nothing_is_known_is_not_given_up_for_a_refused_one(admin, untried):
    if untried:
        tokens.save(admin, *PLACE, "first")
    else:
        save(admin, TokenVerdict.UNREACHABLE, "first")
    assert not save(admin, REFUSED, "second").saved
    assert saved(admin) == "first"


def test_a_failure_goes_on_from_where_it_began_whatever_token_is_tried(admin):
    began = admin.clock.now_ms()
    save(admin, REFUSED, "first")
    admin.clock.advance(seconds=60)
    assert save(admin, TokenVerdict.WRONG_ACCOUNT, "second").saved, "the one that is there does not work either"
    assert (known(admin).failing_since_ms, known(admin).at_ms) == (began, began + 60_000)
    save(admin, TokenVerdict.UNREACHABLE, "third")
    assert known(admin).failing_since_ms is None, "of another token nobody knows yet"
    save(admin, REFUSED, "fourth", force=True)
    assert known(admin).failing_since_ms == began + 60_000


def test_the_trial_is_told_of_the_test_code_only_while_it_is_on(admin):
    trial = Trial(GOOD)
    testing.turn_on(admin, MAIN, CODE, "TEST123")
    asyncio.run(token_check.try_and_save(admin, here, trial, PLACE, "token-1"))
    admin.clock.advance(seconds=24 * 3_600)
    asyncio.run(token_check.try_and_save(admin, here, trial, PLACE, "token-1"))
    assert trial.asked == [
        (TrialOf(MAIN, CODE, "web", "TEST123"), "token-1"),
        (TrialOf(MAIN, CODE, "web", ""), "token-1"),
    ]


@pytest.mark.parametrize("text", ["", " ", "two words", "tökén", "a\nb", "a\x00b"])
def test_what_is_no_token_is_refused_before_anybody_is_asked(admin, text):
    trial = Trial(GOOD)
    with pytest.raises(Invalid, match="characters that no token has") as refused:
        asyncio.run(token_check.try_and_save(admin, here, trial, PLACE, text))
    assert not text.strip() or text not in str(refused.value)
    assert (trial.asked, saved(admin)) == ([], None)


def test_nobody_is_asked_for_a_pixel_that_is_not_there(admin):
    trial = Trial(GOOD)
    with pytest.raises(NotFound):
        asyncio.run(token_check.try_and_save(admin, here, trial, (MAIN, "C0OTHERPIXELSCODE002"), "token-1"))
    assert trial.asked == []


def test_a_pixel_that_goes_while_tiktok_is_asked_keeps_nothing(admin):
    async def gone(of, token):
        pixel_removal.remove(admin, *PLACE)
        return GOOD

    with pytest.raises(NotFound):
        asyncio.run(token_check.try_and_save(admin, here, gone, PLACE, "token-1"))
    assert known(admin) is None


def test_a_token_saved_untried_and_a_removed_pixel_take_the_word_on_the_old_one_with_them(admin):
    save(admin, REFUSED)
    tokens.save(admin, *PLACE, "token-2")
    assert known(admin) is None
    save(admin, REFUSED)
    pixel_removal.remove(admin, *PLACE)
    assert known(admin) is None


def test_the_token_stands_in_no_file_and_not_in_the_audit(admin, tmp_path):
    save(admin, GOOD, "token-marker")
    assert not found_in_files(tmp_path / "data", b"token-marker")
    assert "token-marker" not in repr(audit.latest(admin, limit=99))
    assert (audit.latest(admin, limit=1)[0].what, audit.latest(admin, limit=1)[0].after) == (
        f"pixel main/{CODE} token",
        "saved",
    )


def test_of_two_tokens_saved_at_once_the_kept_one_has_its_own_verdict(tmp_path):
    ring = KeyRing.open_or_create(tmp_path / "ring.json")
    with closing(SqliteSetup(tmp_path / "at-once", ring)) as store:
        pixels.add(Admin(store, Actor("ada"), HandClock()), pixels.NewPixel(CODE))
    failed = []

    def run(token, verdict, ready):
        try:
            with closing(SqliteSetup(tmp_path / "at-once", ring)) as store:
                admin = Admin(store, Actor(token), HandClock())
                for _ in range(20):

                    async def trial(of, token):
                        ready.wait(10)
                        return Tried(verdict, message=token)

                    asyncio.run(token_check.try_and_save(admin, here, trial, PLACE, token))
                    check = store.token_checks.find(*PLACE)
                    with store.transaction():
                        check, kept = store.token_checks.find(*PLACE), store.tokens()[PLACE]
                    assert check.message == kept, "the word is on the token that is kept"
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not vanish with its thread
            failed.append(error)
            ready.abort()

    ready = threading.Barrier(3)
    verdicts = {"one": TokenVerdict.GOOD, "two": TokenVerdict.UNPROVEN, "three": TokenVerdict.UNREACHABLE}
    threads = [threading.Thread(target=run, args=(*each, ready)) for each in verdicts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def answered(admin, code, *, seconds=0, message=""):
    at_ms = admin.clock.now_ms() + round(seconds * 1_000)
    return token_check.learn(admin.store, [LastAnswer(*PLACE, at_ms, code, message)], verdict_of_code)


def test_a_delivery_proves_a_token_and_is_written_down_once(admin):
    save(admin, TokenVerdict.UNPROVEN)
    assert answered(admin, 0, seconds=1) == 1
    assert (known(admin).verdict, known(admin).proven) == (TokenVerdict.GOOD, True)
    assert answered(admin, 0, seconds=2) == 0


def test_a_delivery_that_is_refused_says_since_when_the_token_fails(admin):
    save(admin, GOOD)
    assert answered(admin, 40001, seconds=3, message="No permission") == 1
    since = admin.clock.now_ms() + 3_000
    assert (known(admin).failing_since_ms, known(admin).verdict) == (since, TokenVerdict.WRONG_ACCOUNT)
    assert answered(admin, 40001, seconds=9) == 0, "the same again says nothing new"
    assert answered(admin, 40105, seconds=12) == 1
    assert (known(admin).failing_since_ms, known(admin).verdict) == (since, TokenVerdict.EXPIRED)
    assert answered(admin, 0, seconds=20) == 1
    assert known(admin).failing_since_ms is None


@pytest.mark.parametrize("code", [40002, 40100, 50000, 20001, 49999])
def test_an_answer_that_is_not_about_the_token_is_passed_over(admin, code):
    save(admin, GOOD)
    assert answered(admin, code, seconds=1) == 0
    assert known(admin).verdict is TokenVerdict.GOOD


def test_an_answer_to_an_earlier_token_says_nothing_of_the_one_that_is_there(admin):
    admin.clock.advance(seconds=60)
    tokens.save(admin, *PLACE, "new")
    assert answered(admin, 40105, seconds=-5) == 0
    save(admin, GOOD, "newer")
    assert answered(admin, 40105, seconds=0) == 0, "what was tried at that moment counts"
    assert answered(admin, 40105, seconds=0.001) == 1


def test_an_answer_for_a_pixel_without_a_token_or_that_is_gone_is_passed_over(admin):
    assert answered(admin, 0, seconds=1) == 0
    save(admin, GOOD)
    pixel_removal.remove(admin, *PLACE)
    assert answered(admin, 40105, seconds=1) == 0
    assert known(admin) is None


def test_a_token_saved_while_an_answer_is_taken_in_is_not_blamed_for_it(admin):
    save(admin, GOOD)

    def replaced(code):
        admin.clock.advance(seconds=1)
        save(admin, GOOD, "new")
        return verdict_of_code(code)

    token_check.learn(admin.store, [LastAnswer(*PLACE, admin.clock.now_ms() + 1, 40105, "")], replaced)
    assert (saved(admin), known(admin).verdict) == ("new", TokenVerdict.GOOD)
