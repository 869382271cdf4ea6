import pytest

from builders import an_arrival
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision
from twinbeam.pipeline.consent.gate import gate, judge
from twinbeam.pipeline.consent.policy import Policy, policy_named

WORDS = {"granted": "granted", "denied": "denied", "-": None}

#: ad_storage, ad_user_data, then the decision for ad_personalization granted, denied and not said.
#: A: allowed, L: allowed and limited, U: undecided, u: undecided and limited, D: dropped.
TRUTH = {
    Policy.REQUIRE: """
        granted granted  A L A
        granted denied   D D D
        granted -        U u U
        denied  granted  D D D
        denied  denied   D D D
        denied  -        D D D
        -       granted  U u U
        -       denied   D D D
        -       -        U u U
    """,
    Policy.NOT_REQUIRED: """
        granted granted  A L A
        granted denied   D D D
        granted -        A L A
        denied  granted  D D D
        denied  denied   D D D
        denied  -        D D D
        -       granted  A L A
        -       denied   D D D
        -       -        A L A
    """,
}
MEANING = {
    "A": (Decision.ALLOWED, False),
    "L": (Decision.ALLOWED, True),
    "U": (Decision.UNDECIDED, False),
    "u": (Decision.UNDECIDED, True),
    "D": (Decision.DROPPED, False),
}


def cells():
    for policy, table in TRUTH.items():
        for row in filter(None, map(str.split, table.splitlines())):
            storage, user_data, *answers = row
            for personal, answer in zip(WORDS, answers, strict=True):
                yield policy, WORDS[storage], WORDS[user_data], WORDS[personal], MEANING[answer]


def test_the_truth_table_holds_every_cell_once():
    assert len({cell[:4] for cell in cells()}) == 3 * 3 * 3 * 2


@pytest.mark.parametrize(("policy", "storage", "user_data", "personal", "meaning"), list(cells()))
def test_every_cell_is_judged_as_the_table_says(policy, storage, user_data, personal, meaning):
    arrival = an_arrival(ad_storage=storage, ad_user_data=user_data, ad_personalization=personal)
    permission = gate(arrival, policy)
    assert (permission.decision, permission.limited) == meaning
    assert permission.reason is (Reason.NO_CONSENT if permission.decision is Decision.DROPPED else None)


@pytest.mark.parametrize(
    ("policy", "said", "basis"),
    [
        (Policy.REQUIRE, ("granted", "granted", None), "ad_storage=granted, ad_user_data=granted"),
        (
            Policy.REQUIRE,
            ("granted", "granted", "denied"),
            "ad_storage=granted, ad_user_data=granted, ad_personalization=denied",
        ),
        (Policy.REQUIRE, ("granted", None, None), "ad_user_data=unsaid"),
        (Policy.REQUIRE, (None, None, None), "ad_storage=unsaid, ad_user_data=unsaid"),
        (Policy.REQUIRE, ("denied", None, None), "ad_storage=denied"),
        (Policy.NOT_REQUIRED, ("denied", "denied", "denied"), "ad_storage=denied, ad_user_data=denied"),
        (Policy.NOT_REQUIRED, (None, None, None), "policy=not_required"),
    ],
)
def test_the_basis_names_what_the_decision_rests_on(policy, said, basis):
    assert judge(policy, *said).basis == basis


def test_the_basis_holds_nothing_a_sender_wrote_freely():
    arrival = an_arrival(source="ada@shop.example", evidence="ada@shop.example")
    assert "ada" not in gate(arrival, Policy.REQUIRE).basis


@pytest.mark.parametrize("name", ["", "not-required", "NOT_REQUIRED", "opt_out", "policy=not_required"])
def test_a_policy_that_is_not_known_asks_for_permission(name):
    assert policy_named(name) is Policy.REQUIRE


@pytest.mark.parametrize("policy", Policy)
def test_a_policy_is_found_by_its_name(policy):
    assert policy_named(str(policy)) is policy
