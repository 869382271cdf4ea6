"""The corridor from the door to the journal, as far as consent is concerned."""

import json
from base64 import urlsafe_b64decode

import pytest

from builders import NOW_MS, NOW_S, PIXEL, WORKSPACE, a_body, an_item
from door import BROWSER_KEY, READ_KEY, SERVER_KEY, House, a_directory
from twinbeam.core.consent import SILENCE, DatedAnswer
from twinbeam.core.errors import StorageBehind, StorageFull
from twinbeam.core.keys import visit
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.consent.receipts import LASTS_MS, Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.sources import consent_v1

SERVER = {"authorization": f"Bearer {SERVER_KEY}"}
BROWSER = {"authorization": f"Bearer {BROWSER_KEY}"}
RECEIPTS = Receipts([b"k" * 32])
ADA = visit("visitor", WORKSPACE, "ada")
SILENT = {"ad_storage": None, "ad_user_data": None}
DENIED = {"ad_storage": "denied"}


class Corridor:
    """The real rooms behind a real door; only the journal is a list."""

    def __init__(self, trouble=None, until_ms=0, **parts):
        self.journal = []
        self.trouble = trouble
        intake = Intake(
            receipts=RECEIPTS,
            seal=Sealer().seal,
            append=self._append,
            confirming_until_ms=lambda workspace, pixel: until_ms if (workspace, pixel) == (WORKSPACE, PIXEL) else 0,
        )
        self.house = House(take=intake.take, note=intake.note, **parts)

    async def _append(self, brought, seal):
        if self.trouble is not None:
            raise self.trouble
        sealed = seal(brought)
        self.journal.extend(one.signal for one in sealed)
        return sealed

    def send(self, *items, headers=BROWSER):
        return self.house.post(a_body(*items), headers)

    def state(self, *statements, headers=BROWSER):
        return self.house.post(json.dumps({"statements": statements}).encode(), headers, path=consent_v1.PATH)


class TestPurchasesThatWaitForTheServer:
    """What a sender is told of a purchase that its owner wants confirmed."""

    def held(self, *items, until_ms=NOW_MS + 1, headers=BROWSER, **rules):
        pixels = [PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(**rules))]
        answered = Corridor(until_ms=until_ms, directory=a_directory(*pixels)).send(*items, headers=headers)
        assert answered.json["accepted"] == len(items)
        return [(held["index"], held["pixel"], held["reason"]) for held in answered.json["held"]]

    def test_the_browsers_is_held_while_a_server_reports_purchases(self):
        assert self.held(an_item(), an_item(event="Lead")) == [(0, PIXEL, "not_confirmed")]

    def test_it_is_not_when_none_has_for_a_week(self):
        assert self.held(an_item(), until_ms=NOW_MS) == []

    def test_the_servers_is_not(self):
        assert self.held(an_item(), headers=SERVER) == []

    def test_its_owner_may_decide(self):
        assert self.held(an_item(), confirm_purchases="off") == []
        assert self.held(an_item(), until_ms=0, confirm_purchases="on") == [(0, PIXEL, "not_confirmed")]

    def test_one_that_is_only_placed_is_held_where_a_purchase_is_paid(self):
        assert self.held(an_item(stage="placed"), headers=SERVER, purchase_means="paid") == [
            (0, PIXEL, "not_confirmed")
        ]

    def test_permission_is_asked_for_first(self):
        assert self.held(an_item(**SILENT), consent=ConsentRules(policy="require")) == [(0, PIXEL, "consent_not_said")]

    def test_the_answer_says_in_a_sentence_why(self):
        answered = Corridor(until_ms=NOW_MS + 1).send(an_item())
        assert [held["message"] for held in answered.json["held"]] == [Reason.NOT_CONFIRMED.sentence]


class TestEvents:
    """Events, what they are told, and the receipts they bring and get."""

    def test_a_silent_event_is_held_and_counts_as_accepted(self):
        corridor = Corridor()
        answered = corridor.send(an_item(**SILENT), an_item())
        assert [(served.accepted, served.held) for served in corridor.house.served] == [(2, 1)]
        assert answered.json["accepted"] == 2
        assert answered.json["dropped"] == []
        reason = Reason.CONSENT_NOT_SAID
        assert answered.json["held"] == [{"index": 0, "pixel": PIXEL, "reason": reason, "message": reason.sentence}]

    def test_a_refusal_is_dropped_and_not_held(self):
        answered = Corridor().send(an_item(**DENIED))
        assert (answered.json["accepted"], answered.json["held"]) == (0, [])
        assert [drop["reason"] for drop in answered.json["dropped"]] == ["no_consent"]

    def test_the_record_goes_to_the_journal_with_the_event(self):
        corridor = Corridor()
        corridor.send(an_item(at=NOW_S - 60, region="de"))
        (signal,) = corridor.journal
        assert signal.consent.ad_storage == DatedAnswer((NOW_S - 60) * 1_000, "granted")
        assert signal.consent.region.code == "DE"

    def test_the_page_gets_a_receipt_that_its_server_may_use(self):
        corridor = Corridor()
        receipt = corridor.send(an_item(visitor_id="ada")).json["receipt"]
        told = corridor.send(an_item(consent_receipt=receipt, **SILENT), headers=SERVER).json
        assert (told["held"], told["notices"]) == ([], [])
        assert corridor.journal[-1].consent.ad_storage == corridor.journal[0].consent.ad_storage

    def test_a_receipt_joins_its_event_with_the_visit_of_the_page(self):
        corridor = Corridor()
        receipt = corridor.send(an_item(visitor_id="ada")).json["receipt"]
        for changes in ({}, {"visitor_id": "ada"}):
            corridor.send(an_item(consent_receipt=receipt, cart_token="cart-7", **changes), headers=SERVER)
            assert corridor.journal[-1].visits.count(ADA) == 1
            assert visit("cart", WORKSPACE, "cart-7") in corridor.journal[-1].visits
        corridor.send(an_item(consent_receipt=receipt[:-1]), headers=SERVER)
        assert ADA not in corridor.journal[-1].visits

    def test_an_altered_receipt_holds_the_event_and_tells_why(self):
        corridor = Corridor()
        receipt = corridor.send(an_item(visitor_id="ada")).json["receipt"]
        told = corridor.send(an_item(consent_receipt=receipt[:-1], **SILENT), headers=SERVER).json
        assert len(told["held"]) == 1
        assert [(it["field"], it["code"]) for it in told["notices"]] == [
            ("events[0].consent_receipt", "receipt_altered")
        ]

    def test_what_is_wrong_with_an_event_for_two_pixels_is_told_once(self):
        pixels = [PixelEntry(PIXEL, WORKSPACE), PixelEntry("C0SECONDPIXEL0000002", WORKSPACE)]
        corridor = Corridor(directory=a_directory(*pixels))
        wrong = (an_item(phone="12", consent_receipt="none of ours"), an_item(phone="12"))
        told = corridor.send(*wrong, headers=SERVER).json["notices"]
        assert len(corridor.journal) == 4
        assert sorted(it["field"] for it in told) == [
            "events[0].consent_receipt",
            "events[0].user.phone",
            "events[1].user.phone",
        ]

    @pytest.mark.parametrize(
        ("headers", "changes"),
        [
            (SERVER, {"visitor_id": "ada"}),
            (BROWSER, {}),
            (BROWSER, {"visitor_id": "ada", **SILENT}),
            (BROWSER, {"visitor_id": "undefined"}),
        ],
    )
    def test_no_receipt_is_given_to_a_server_for_nobody_or_for_nothing(self, headers, changes):
        assert "receipt" not in Corridor().send(an_item(**changes), headers=headers).json

    def test_a_receipt_does_not_renew_itself(self):
        corridor = Corridor()
        receipt = corridor.send(an_item(visitor_id="ada")).json["receipt"]
        again = corridor.send(an_item(visitor_id="ada", consent_receipt=receipt, **SILENT))
        assert "receipt" not in again.json

    def test_the_newest_word_of_a_request_is_the_one_that_is_signed(self):
        older = an_item(visitor_id="ada", at=NOW_S - 60)
        newer = an_item(visitor_id="ada", at=NOW_S - 30, ad_personalization="denied")
        for items in ((older, newer), (newer, older)):
            receipt = Corridor().send(*items).json["receipt"]
            record = RECEIPTS.verify(receipt, WORKSPACE, ADA, NOW_MS + LASTS_MS)
            assert record.ad_personalization == DatedAnswer((NOW_S - 30) * 1_000 + 999, "denied")


class TestStatements:
    """Words without an event."""

    def test_a_statement_is_sealed_with_its_visit_and_nothing_else(self):
        corridor = Corridor()
        said = {"visitor_id": "ada", "cart_token": "cart-7", "order_id": "1001", "consent": DENIED}
        answered = corridor.state(said)
        assert answered.status == 202
        assert (answered.json["accepted"], answered.json["rejected"], answered.json["notices"]) == (1, [], [])
        (signal,) = corridor.journal
        assert (signal.event, signal.pixel, signal.event_id, signal.body, signal.lookups) == ("", "", "", b"", [])
        tokens = (("visitor", "ada"), ("cart", "cart-7"), ("order", "1001"))
        *strong, order = [visit(kind, WORKSPACE, token) for kind, token in tokens]
        assert [*signal.visits, signal.claim] == [*strong, order]
        assert signal.consent.ad_storage == DatedAnswer(NOW_MS, "denied")
        assert signal.consent.ad_user_data == SILENCE

    def test_a_statement_and_the_record_of_an_event_come_out_of_the_journal_as_they_went_in(self):
        corridor = Corridor()
        corridor.state({"visitor_id": "ada", "consent": {**DENIED, "opt_out": True, "region": "us-ca"}})
        corridor.send(an_item(visitor_id="ada", source="tag"))
        assert decode(encode(corridor.journal)) == corridor.journal

    def test_no_raw_token_of_a_statement_reaches_the_journal(self):
        corridor = Corridor()
        said = {"visitor_id": "raw-visitor", "cart_token": "raw-cart", "checkout_token": "raw-out", "order_id": "raw-1"}
        corridor.state({**said, "consent": {**DENIED, "source": "ada@shop.example", "evidence": "raw-tc-string"}})
        assert not [text for text in (*said.values(), "ada@", "raw-tc") if text in repr(corridor.journal)]

    def test_a_statement_that_names_its_visitor_gets_a_receipt(self):
        corridor = Corridor()
        granted = {"ad_storage": "granted", "ad_user_data": "granted"}
        answered = corridor.state({"visitor_id": "ada", "consent": granted}, {"cart_token": "c", "consent": granted})
        receipt, nothing = answered.json["receipts"]
        assert nothing is None
        assert RECEIPTS.verify(receipt, WORKSPACE, ADA, NOW_MS).ad_storage == DatedAnswer(NOW_MS, "granted")

    @pytest.mark.parametrize("headers", [SERVER, BROWSER])
    def test_browser_and_server_keys_may_state(self, headers):
        assert Corridor().state({"visitor_id": "ada", "consent": DENIED}, headers=headers).status == 202

    @pytest.mark.parametrize(
        ("headers", "taken"),
        [
            (SERVER, True),
            (BROWSER | {"origin": "https://shop.example"}, True),
            (BROWSER | {"origin": "https://pay.shop.example"}, True),
            (BROWSER | {"origin": "https://copy.evil"}, False),
            (BROWSER | {"origin": "null"}, False),
            (BROWSER, False),
        ],
    )
    def test_where_hosts_are_named_a_page_of_another_host_states_nothing(self, headers, taken):
        bound = PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(hosts=("shop.example",)))
        till = PixelEntry("C0TILLS0000000000001", WORKSPACE, event_source="offline")
        corridor = Corridor(directory=a_directory(bound, till))
        answered = corridor.state({"visitor_id": "ada", "consent": DENIED}, headers=headers)
        assert len(corridor.journal) == taken
        if not taken:
            (rejected,) = answered.json["rejected"]
            assert (answered.status, rejected["code"], rejected["field"]) == (422, "foreign_host", "statements[0]")
            assert "hosts=" in rejected["fix"]

    @pytest.mark.parametrize(
        ("origin", "page", "taken"),
        [
            ("null", "https://www.shop.example/checkouts", True),
            ("null", "https://copy.evil/", False),
            ("null", "shop.example", False),
            ("https://copy.evil", "https://shop.example/", False),
            ("https://shop.example", "https://copy.evil/", False),
        ],
    )
    def test_a_sandboxed_frame_names_its_page_which_goes_no_further(self, origin, page, taken):
        bound = PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(hosts=("shop.example",)))
        corridor = Corridor(directory=a_directory(bound))
        answered = corridor.state(
            {"checkout_token": "c-1", "page_url": page, "consent": DENIED}, headers=BROWSER | {"origin": origin}
        )
        assert (answered.status == 202, len(corridor.journal)) == (taken, taken)
        assert "checkouts" not in repr(corridor.journal)

    def test_one_pixel_of_a_key_without_hosts_lets_any_page_state(self):
        bound = PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(hosts=("shop.example",)))
        corridor = Corridor(directory=a_directory(bound, PixelEntry("C0OTHERPIXEL00000001", WORKSPACE)))
        answered = corridor.state(
            {"visitor_id": "ada", "consent": DENIED}, headers={**BROWSER, "origin": "https://b.example"}
        )
        assert answered.status == 202

    def test_a_read_key_may_not(self):
        answered = Corridor().state(
            {"visitor_id": "a", "consent": DENIED}, headers={"authorization": f"Bearer {READ_KEY}"}
        )
        assert (answered.status, answered.json["code"]) == (403, "read_key_cannot_write")

    @pytest.mark.parametrize(
        ("statement", "code", "field"),
        [
            ({"consent": DENIED}, "no_visit", "statements[1].visitor_id"),
            ({"visitor_id": "ada"}, "nothing_said", "statements[1].consent"),
            ({"visitor_id": "ada", "consent": {"source": "banner"}}, "nothing_said", "statements[1].consent"),
            ({"visitor_id": 7, "consent": DENIED}, "wrong_type", "statements[1].visitor_id"),
            ({"visitor_id": "", "consent": DENIED}, "out_of_range", "statements[1].visitor_id"),
            ({"visitor_id": "a\0", "consent": DENIED}, "nul_character", "statements[1].visitor_id"),
            (7, "not_an_object", "statements[1]"),
        ],
    )
    def test_a_bad_statement_is_refused_alone_with_field_and_fix(self, statement, code, field):
        corridor = Corridor()
        answered = corridor.state({"visitor_id": "bob", "consent": DENIED}, statement)
        assert (answered.status, answered.json["accepted"], len(corridor.journal)) == (202, 1, 1)
        (rejected,) = answered.json["rejected"]
        assert (rejected["index"], rejected["code"], rejected["field"]) == (1, code, field)
        assert rejected["fix"]
        assert "event" not in rejected["message"]
        assert answered.json["receipts"][1] is None

    @pytest.mark.parametrize(
        ("consent", "code", "answer"),
        [
            ({"ad_storage": "yes"}, "consent_understood", "granted"),
            ({"gcs": "G100"}, "consent_understood", "denied"),
            ({"ad_storage": "perhaps"}, "consent_unreadable", "undecided"),
            ({"newfangled": 7}, "consent_unreadable", "undecided"),
            ("denied", "consent_understood", "denied"),
            ({**DENIED, "region": "Ruritania"}, "region_unknown", "denied"),
            ({**DENIED, "region": "EN"}, "region_unknown", "denied"),
            ({**DENIED, "region": "US_CA"}, "region_understood", "denied"),
            ({**DENIED, "at": "soon"}, "consent_part_ignored", "denied"),
        ],
    )
    def test_a_statement_in_another_dialect_is_understood_or_permits_nothing(self, consent, code, answer):
        corridor = Corridor()
        answered = corridor.state({"visitor_id": "ada", "consent": consent})
        assert [it["code"] for it in answered.json["notices"]] == [code]
        assert all(it["field"].startswith("statements[0].consent") for it in answered.json["notices"])
        assert corridor.journal[0].consent.ad_storage.answer == answer

    def test_a_statement_may_say_it_beside_its_consent(self):
        corridor = Corridor()
        answered = corridor.state({"visitor_id": "ada", "gcs": "G100"})
        assert [it["field"] for it in answered.json["notices"]] == ["statements[0].gcs"]
        assert corridor.journal[0].consent.ad_storage.answer == "denied"

    def test_a_server_gets_a_receipt_for_what_it_copies_without_a_time(self):
        corridor = Corridor()
        answered = corridor.state({"visitor_id": "ada", "consent": {"ad_storage": "granted"}}, headers=SERVER)
        (receipt,) = answered.json["receipts"]
        assert RECEIPTS.verify(receipt, WORKSPACE, ADA, NOW_MS).ad_storage == DatedAnswer(0, "granted")

    def test_an_opt_out_alone_is_an_answer(self):
        corridor = Corridor()
        corridor.state({"visitor_id": "ada", "consent": {"opt_out": True}})
        assert corridor.journal[0].consent.opt_out.answer == "denied"

    def test_unknown_fields_are_told_and_ignored(self):
        said = {"visitor_id": "ada", "email": "ada@shop.example", "consent": {**DENIED, "analytics": "denied"}}
        answered = Corridor().state(said)
        assert sorted((it["field"], it["code"]) for it in answered.json["notices"]) == [
            ("statements[0].consent.analytics", "unknown_field"),
            ("statements[0].email", "unknown_field"),
        ]

    def test_a_token_that_says_nothing_is_told_and_joins_nobody(self):
        corridor = Corridor()
        answered = corridor.state({"visitor_id": "undefined", "cart_token": "c", "consent": DENIED})
        assert [it["field"] for it in answered.json["notices"]] == ["statements[0].visitor_id"]
        assert corridor.journal[0].visits == [visit("cart", WORKSPACE, "c")]
        assert answered.json["receipts"] == [None]

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "bad_json"),
            (b'{"\xff": 1}', 400, "bad_encoding"),
            (b"[]", 400, "no_statements"),
            (b"{}", 400, "no_statements"),
            (b'{"statements": []}', 400, "no_statements"),
            (b'{"statements": {}}', 400, "no_statements"),
            (b'{"statements": [%s]}' % b",".join([b"{}"] * 101), 413, "too_many_statements"),
            (b'{"statements": [{}]}', 422, "every_statement_rejected"),
        ],
    )
    def test_a_request_that_cannot_be_read_is_a_problem(self, body, status, code):
        answered = Corridor().house.post(body, BROWSER, path=consent_v1.PATH)
        assert (answered.status, answered.json["code"]) == (status, code)

    @pytest.mark.parametrize(
        ("trouble", "status"), [(StorageFull("full"), 507), (StorageBehind("behind"), 503)], ids=["full", "behind"]
    )
    def test_what_cannot_be_stored_is_not_acknowledged(self, trouble, status):
        assert Corridor(trouble).state({"visitor_id": "ada", "consent": DENIED}).status == status


def test_a_receipt_names_its_visitor_by_hash_only():
    receipt = Corridor().send(an_item(visitor_id="raw-visitor")).json["receipt"]
    claims = urlsafe_b64decode(receipt.removeprefix("tbc1_").partition(".")[0] + "==")
    assert b"raw-visitor" not in claims
    assert visit("visitor", WORKSPACE, "raw-visitor") in claims
