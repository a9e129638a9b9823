"""Numbers, tokens and addresses that cannot be such, in every field of every message. Source: perp-vault §17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.x.perpvault.world import (
    ALICE,
    E18,
    ETH,
    OPERATOR,
    USD,
    USDC,
    World,
    based,
    increase,
    rich_world,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault import validate_basic
from vaultsim.x.perpvault.errors import InvalidArgument
from vaultsim.x.perpvault.msg_server import check_message

ADDRESSES = {"sender", "account", "receiver", "new_vault", "router", "fee_receiver", "address"}
DENOMS = {"token", "token_in", "token_out", "collateral_token", "index_token"}
TEXTS = {"key", "referral_code", "callback_target"}
SECOND_NAMES = {"index", "collateral"}
"""Of tokens in messages that have the design's names beside the chain's."""
NUMBERS = ["0", "1", str(2**63), str(2**64), str(10**30), str(2**256 - 1)]
NO_NUMBERS = ["-1", "+1", "1.5", "1e5", "0x10", " 1", "ten", "NaN", "\u0661", "9" * 78, "9" * 5_000, str(2**256)]
NO_DENOMS = ["", "e", "1eth", "e th", "x" * 200]
NO_ADDRESSES = ["", ALICE.upper(), "alice", ALICE[:-1], ALICE.replace("dydx", "cosmos"), "dydx1"]


def message_classes() -> list[type[Message]]:
    names = sorted(name for name in vars(pb) if name.startswith("Msg") and not name.endswith("Response"))
    return [getattr(pb, name) for name in names]


def filled(cls: type[Message]) -> Any:
    """A message whose fields could all be what they are called."""
    values: dict[str, Any] = {}
    for name, _, kind, label, _, _ in cls.FIELDS:
        if name == "authority":
            values[name] = GOV_BECH32
        elif name in ADDRESSES:
            values[name] = ALICE
        elif name in DENOMS:
            values[name] = ETH
        elif name == "path":
            values[name] = (ETH,)
        elif name == "prices":
            values[name] = (pb.TokenPrice(token=ETH, price=str(USD)),)
        elif kind == "string" and label == "one" and name not in TEXTS | SECOND_NAMES:
            values[name] = "0"
    return cls(**values)


CLASSES = message_classes()
NUMBER_FIELDS = [
    (cls, row[0])
    for cls in CLASSES
    for row in cls.FIELDS
    if row[2] == "string"
    and row[3] == "one"
    and row[0] not in ADDRESSES | DENOMS | TEXTS | SECOND_NAMES | {"authority"}
]


def test_there_are_as_many_messages_as_the_service_has() -> None:
    assert len(CLASSES) == 42
    assert len(NUMBER_FIELDS) > 40


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_good_fields_pass_the_stateless_check(cls: type[Message]) -> None:
    check_message(filled(cls))


@pytest.mark.parametrize(("cls", "name"), NUMBER_FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_no_number(cls: type[Message], name: str) -> None:
    for text in NO_NUMBERS:
        with pytest.raises(InvalidArgument):
            check_message(replace(filled(cls), **{name: text}))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_no_token_and_no_address(cls: type[Message]) -> None:
    for name in {row[0] for row in cls.FIELDS} & DENOMS:
        for text in NO_DENOMS:
            with pytest.raises(InvalidArgument):
                check_message(replace(filled(cls), **{name: text}))
    for name in {row[0] for row in cls.FIELDS} & ADDRESSES:
        for text in NO_ADDRESSES:
            with pytest.raises(InvalidArgument):
                check_message(replace(filled(cls), **{name: text}))


def test_what_is_inside_a_message_is_checked_too() -> None:
    for price in (pb.TokenPrice(token="", price="1"), pb.TokenPrice(token=ETH, price="-1")):
        with pytest.raises(InvalidArgument, match=r"prices\[0\]"):
            check_message(pb.MsgSetPrices(sender=ALICE, prices=(price,)))
    with pytest.raises(InvalidArgument, match=r"path\[1\]"):
        check_message(pb.MsgManagerIncreasePosition(sender=ALICE, path=(ETH, "?"), index_token=ETH))
    caps = pb.GlobalSizeCaps(caps=(pb.GlobalSizeCap(token=ETH, max_global_long_size="-5"),))
    with pytest.raises(InvalidArgument, match=r"params.max_global_sizes.caps\[0\].max_global_long_size"):
        check_message(pb.MsgUpdateParams(authority=GOV_BECH32, params=pb.Params(max_global_sizes=caps)))


@pytest.fixture(scope="module")
def world() -> World:
    """A vault in which Alice and the operator have every role, and Alice open positions."""
    made = based(in_legacy_mode=True)
    for role in range(1, 6):
        made.role(role, ALICE)
    made.long(10_000, 2 * E18)
    made.short(5_000, 10**9, ALICE)
    return made


@pytest.mark.parametrize(("cls", "name"), NUMBER_FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_any_number_is_executed_or_refused_and_what_is_refused_changes_nothing(
    world: World, cls: type[Message], name: str
) -> None:
    for token in (ETH, USDC):
        denoms = dict.fromkeys({row[0] for row in cls.FIELDS} & DENOMS, token)
        for text in NUMBERS:
            message = replace(filled(cls), **denoms, **{name: text})
            if cls.SIGNERS == ("authority",):
                world.gov_problem(message)
                continue
            before = world.state()
            result = world.send(message)
            assert result.codespace in ("", "perpvault", "sdk"), result
            if result.code:
                assert world.state() == before
            assert not world.keeper.lock.is_held


def test_sums_beyond_256_bits_fail_alone() -> None:
    """Two longs of nearly 2^256 units of USD each, well collateralised: the second is refused, the chain goes on."""
    world = rich_world(10**70)
    world.buy(10**66)
    most = replace(increase(0, 3 * 10**61), size_delta=str(2**256 - 1))
    world.run(most)
    before = world.state()
    result = world.send(most)
    assert (result.codespace, result.code) == ("undefined", 111222)
    assert world.state() == before
    assert World(world.export()).chain.rows() == world.chain.rows()


def test_an_unsigned_senders_message_is_refused() -> None:
    world = based()
    size = str(10_000 * USD)
    message = replace(filled(pb.MsgIncreasePosition), size_delta=size, amount=str(E18), is_long=True)
    result = world.chain.deliver(message, by="bob")
    assert (result.codespace, result.code) == ("sdk", 8)
    assert world.chain.deliver(message, by="alice", gas_limit=10**8).code == 0
    assert world.position()[0] == 10_000 * USD


def test_queries_refuse_what_cannot_be() -> None:
    world = World()
    for name, request in (
        ("Position", pb.QueryPositionRequest(account="alice", collateral_token=ETH, index_token=ETH)),
        ("MaxPrice", pb.QueryMaxPriceRequest(token="?")),
        ("PositionFee", pb.QueryPositionFeeRequest(size_delta="-1")),
    ):
        with pytest.raises(Exception, match="is no") as caught:
            world.query(name, request)
        assert getattr(caught.value, "codespace", "") == "sdk"


def test_every_text_field_is_a_number_a_token_an_address_or_free() -> None:
    """A new field must be sorted into one of the four kinds; ROLE names come as numbers."""
    assert list(validate_basic.problems(pb.GenesisState())) == []
    assert list(validate_basic.problems(pb.Position(account=OPERATOR, collateral_token=ETH, index_token=ETH))) == []
    wrong = pb.Position(account="", collateral_token="", index_token="", size="x", realised_pnl="-5")
    assert [one.path for one in validate_basic.problems(wrong, "p")] == [
        "p.account",
        "p.collateral_token",
        "p.index_token",
        "p.size",
    ]
