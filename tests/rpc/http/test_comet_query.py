"""The event query language, against the cases of CometBFT's own tests (libs/pubsub/query, v0.38)."""

from __future__ import annotations

import pytest

from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_query import parse_query

LEGAL = [
    "tm.events.type='NewBlock'",
    "tm.events.type = 'NewBlock'",
    "tm.events.name = ''",
    "tm.events.type='TIME'",
    "tm.events.type='='",
    "tm.events.type='NewBlock' AND abci.account.name='Igor'",
    "abci.account.name CONTAINS 'Igor'",
    "tx.date > DATE 2013-05-03",
    "tx.date < TIME 2013-05-03T14:45:00-02:00",
    "tx.date >= TIME 2013-05-03T14:45:00Z",
    "account.balance=100",
    "slashing.amount EXISTS AND account.balance=100",
    "account.balance=100 AND slashing.amount EXISTS",
]
ILLEGAL = [
    "",
    "   ",
    "tm.events.type='TIME",
    "tm.events.type=TIME'",
    "tm.events.type==",
    "tm.events.type=NewBlock",
    ">==",
    "tm.events.type 'NewBlock' =",
    "tm.events.type>'NewBlock'",
    "='NewBlock'",
    "tm.events.type=",
    "tm.events.typeNewBlock",
    "'NewBlock'",
    "NewBlock",
    "tm.events.type='NewBlock' AND",
    "tm.events.type='NewBlock' AN",
    "tm.events.type='NewBlock' AN tm.events.type='NewBlockHeader'",
    "AND tm.events.type='NewBlock' ",
    "tx.date >= DAT 2013-05-03",
    "tx.date <= DATE2013-05-03",
    "tx.date <= DATE -05-03",
    "tx.date >= DATE 20130503",
    "tx.date >= DATE 2013+01-03",
    "tx.date >= DATE 0013-01-03",
    "tx.date >= DATE 2013-31-03",
    "tx.date >= DATE 2013-01-83",
    "tx.date >= TIME2013-05-03T14:45:00Z",
    "tx.date = IME 2013-05-03T14:45:00Z",
    "tx.date = TIME 2013-05-:45:00Z",
    "tx.date >= TIME 2013-05-03T14:45:00",
    "tx.date >= TIME 0013-00-00T14:45:00Z",
    "account.balance >= -300",
    "account.balance >>= 400",
    "account.balance=33.22.1",
    "a.b='x' & c.d='y'",
]
BIG = {
    "big.value": ["99999999999999999999"],
    "big2.value": ["18446744073709551615"],
    "big.floatvalue": ["99999999999999999999.10"],
    "big2.floatvalue": ["18446744073709551615.6"],
}
OWNERS = {"abci.owner.name": ["Igor", "Ivan"]}


@pytest.mark.parametrize("text", LEGAL)
def test_a_legal_query_is_understood_and_can_be_written_again(text: str) -> None:
    query = parse_query(text)
    assert parse_query(str(query)) == query


@pytest.mark.parametrize("text", ILLEGAL)
def test_an_illegal_query_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(RpcFailed, match="failed to parse query: offset"):
        parse_query(text)


def test_a_query_longer_than_512_letters_is_refused() -> None:
    assert parse_query("a.b='" + "x" * (512 - 6) + "'")
    with pytest.raises(RpcFailed, match="maximum query length exceeded"):
        parse_query("a.b='" + "x" * (513 - 6) + "'")


@pytest.mark.parametrize(
    ("text", "values", "is_match"),
    [
        ("tm.events.type='NewBlock'", {"tm.events.type": ["NewBlock"]}, True),
        ("tx.gas > 7", {"tx.gas": ["8"]}, True),
        ("transfer.amount > 7", {"transfer.amount": ["8stake"]}, True),
        ("transfer.amount > 7.043", {"transfer.amount": ["8.045stake"]}, True),
        ("transfer.amount > 8.045", {"transfer.amount": ["8.045stake"]}, False),
        ("tx.gas > 7 AND tx.gas < 9", {"tx.gas": ["8"]}, True),
        ("apples.kg <= 4", {"apples.kg": ["4.0"]}, True),
        ("body.weight >= 3.5", {"body.weight": ["3.4"]}, False),
        ("oranges.kg < 4 AND watermellons.kg > 10", {"oranges.kg": ["3"], "watermellons.kg": ["12"]}, True),
        ("peaches.kg < 4", {"peaches.kg": ["5"]}, False),
        ("tx.date > DATE 2017-01-01", {"tx.date": ["2017-01-02"]}, True),
        ("tx.date = DATE 2018-01-01", {"tx.date": ["2017-01-01"]}, False),
        ("tx.time >= TIME 2013-05-03T14:45:00Z", {"tx.time": ["2013-05-03T16:45:00+02:00"]}, True),
        ("tx.time = TIME 2013-05-03T14:45:00Z", {"tx.time": ["2018-05-03T14:45:00Z"]}, False),
        ("abci.owner.name CONTAINS 'gor'", OWNERS, True),
        ("abci.owner.name CONTAINS 'Pavel'", OWNERS, False),
        ("abci.owner.name = 'Ivan' AND abci.owner.name = 'Igor'", OWNERS, True),
        ("abci.owner.name = 'Ivan' AND abci.owner.name = 'John'", OWNERS, False),
        ("abci.owner.name EXISTS", OWNERS, True),
        ("abci.owner EXISTS", OWNERS, True),
        ("abci.own EXISTS", OWNERS, False),
        ("slash.reason EXISTS", {"slash.reason": ["missed"]}, True),
        ("slash.amount EXISTS", {"slash.reason": ["missed"]}, False),
        ("big.value >= 99999999999999999999", BIG, True),
        ("big.value > 99999999999999999998", BIG, True),
        ("big2.value <= 18446744073709551615", BIG, True),
        ("big.floatvalue > 99999999999999999999.10", BIG, False),
        ("big.floatvalue >= 99999999999999999999.10", BIG, True),
        ("big2.floatvalue < 18446744073709551615.6", BIG, False),
        ("tx.gas = 7", {"tx.gas": ["-7"]}, False),
    ],
)
def test_conditions_match_what_happened(text: str, values: dict[str, list[str]], is_match: bool) -> None:
    assert parse_query(text).matches(values) is is_match


@pytest.mark.parametrize(
    ("text", "heights"),
    [
        ("tx.height=5", range(5, 6)),
        ("tx.height>5", range(5, 101)),
        ("tx.height >= 5 AND tx.height < 9", range(5, 10)),
        ("tx.height > 500", range(500, 101)),
        ("a.b = 'c'", range(1, 101)),
    ],
)
def test_heights_narrow_a_search_and_never_too_much(text: str, heights: range) -> None:
    assert parse_query(text).heights("tx.height", 100) == heights
