"""x/sending: checks in the chain's order, handlers, events."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, Blocks
from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.base.v1beta1 import Coin as PbCoin
from vaultsim.pb.dydxprotocol.sending import (
    GenesisState,
    MsgCreateTransfer,
    MsgDepositToSubaccount,
    MsgSendFromAccountToAccount,
    MsgSendFromModuleToAccount,
    MsgWithdrawFromSubaccount,
    Transfer,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.bank.types import Coin
from vaultsim.x.sending.keeper import SendingKeeper
from vaultsim.x.sending.module import sending_module
from vaultsim.x.sending.state import SendingState

A0, A1, B7 = SubaccountId(owner=ALICE), SubaccountId(owner=ALICE, number=1), SubaccountId(owner=BOB, number=7)
NOWHERE, TOO_HIGH = SubaccountId(owner="x"), SubaccountId(owner=ALICE, number=128_001)


class Recorder:
    """Every port at once: notes what is called."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def ensure_account(self, ctx: Context, address: bytes) -> None:
        self.calls.append(("ensure_account", address))

    def send_coins(self, ctx: Context, sender: bytes, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        self.calls.append(("send_coins", sender, recipient, coins))

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        self.calls.append(("send_from_module", module_name, recipient, coins))

    def deposit(self, ctx: Context, from_address: bytes, to: SubaccountId, asset_id: int, quantums: int) -> None:
        self.calls.append(("deposit", from_address, to, asset_id, quantums))

    def withdraw(self, ctx: Context, sender: SubaccountId, to_address: bytes, asset_id: int, quantums: int) -> None:
        self.calls.append(("withdraw", sender, to_address, asset_id, quantums))

    def transfer(self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, amount: int) -> None:
        self.calls.append(("transfer", sender, recipient, asset_id, amount))


class Stage:
    def __init__(self) -> None:
        self.ports = Recorder()
        self.keeper = SendingKeeper(SendingState(), self.ports, self.ports, self.ports)
        self.module = sending_module(self.keeper)
        self.ctx = Blocks(self.keeper.state.schema).at(1)

    def run(self, message: Message) -> None:
        check = self.module.checks.get(type(message))
        if check is not None:
            check(message)
        self.module.handlers[type(message)](self.ctx, message)

    def events(self) -> list[tuple[str, list[str]]]:
        return [(event.type, [value for _, value in event.attributes()]) for event in self.ctx.events]


def transfer(sender: SubaccountId, recipient: SubaccountId, asset_id: int = 0, amount: int = 5) -> MsgCreateTransfer:
    return MsgCreateTransfer(transfer=Transfer(sender=sender, recipient=recipient, asset_id=asset_id, amount=amount))


def from_module(
    authority: str = GOV_BECH32, name: str = "gov", recipient: str = BOB, denom: str = "usd", amount: str = "5"
) -> MsgSendFromModuleToAccount:
    coin = PbCoin(denom=denom, amount=amount)
    return MsgSendFromModuleToAccount(authority=authority, sender_module_name=name, recipient=recipient, coin=coin)


@pytest.mark.parametrize(
    ("message", "codespace", "code"),
    [
        (transfer(NOWHERE, NOWHERE), "subaccounts", 201),
        (transfer(TOO_HIGH, A0), "subaccounts", 200),
        (transfer(A0, TOO_HIGH), "subaccounts", 200),
        (transfer(A0, A0, asset_id=1), "sending", 1),
        (transfer(A0, A1, asset_id=1, amount=0), "sending", 1101),
        (transfer(A0, A1, amount=0), "sending", 2),
        (MsgDepositToSubaccount(sender="x", recipient=NOWHERE), "sending", 6),
        (MsgDepositToSubaccount(sender=ALICE, recipient=NOWHERE), "subaccounts", 201),
        (MsgDepositToSubaccount(sender=ALICE, recipient=A0, asset_id=1), "sending", 1101),
        (MsgDepositToSubaccount(sender=ALICE, recipient=A0), "sending", 2),
        (MsgWithdrawFromSubaccount(sender=NOWHERE, recipient="x"), "subaccounts", 201),
        (MsgWithdrawFromSubaccount(sender=A0, recipient="x"), "sending", 6),
        (MsgWithdrawFromSubaccount(sender=A0, recipient=ALICE, asset_id=1), "sending", 1101),
        (MsgWithdrawFromSubaccount(sender=A0, recipient=ALICE), "sending", 2),
        (from_module(authority="x", name=""), "sending", 8),
        (from_module(name="", recipient="x"), "sending", 7),
        (from_module(recipient="x", denom="!"), "sending", 6),
        (from_module(denom="!"), "undefined", 1),
        (from_module(amount="-1"), "undefined", 1),
        (from_module(amount=""), "undefined", 1),
        (from_module(authority=ALICE), "gov", 13),
        (MsgSendFromAccountToAccount(authority=ALICE, sender="x"), "gov", 13),
        (MsgSendFromAccountToAccount(authority=GOV_BECH32, sender="x"), "sending", 6),
    ],
)
def test_messages_are_refused_with_the_chains_first_code(message: Message, codespace: str, code: int) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.run(message)
    assert (caught.value.codespace, caught.value.code) == (codespace, code)
    assert stage.ports.calls == []


def test_a_transfer_without_content_panics() -> None:
    with pytest.raises(ChainPanic):
        Stage().run(MsgCreateTransfer())


def test_a_transfer_makes_the_recipients_account_and_tells() -> None:
    stage = Stage()
    stage.run(transfer(A0, B7))
    assert stage.ports.calls == [("transfer", A0, B7, 0, 5), ("ensure_account", from_bech32(BOB))]
    assert stage.events() == [("create_transfer", [ALICE, "0", BOB, "7", "0", "5"])]
    names = [name for name, _ in stage.ctx.events[0].attributes()]
    assert names == ["sender", "sender_number", "recipient", "recipient_number", "asset_id", "quantums"]


def test_the_vaults_way_to_transfer_has_no_event() -> None:
    stage = Stage()
    stage.keeper.process_transfer(stage.ctx, A0, B7, 0, 5)
    assert stage.events() == []


def test_deposits_and_withdrawals_tell_their_side_of_the_account() -> None:
    stage = Stage()
    stage.run(MsgDepositToSubaccount(sender=ALICE.upper(), recipient=B7, quantums=3))
    stage.run(MsgWithdrawFromSubaccount(sender=B7, recipient=ALICE, quantums=2))
    alice = from_bech32(ALICE)
    assert stage.ports.calls == [("deposit", alice, B7, 0, 3), ("withdraw", B7, alice, 0, 2)]
    assert stage.events() == [
        ("deposit_to_subaccount", [ALICE, BOB, "7", "0", "3"]),
        ("withdraw_from_subaccount", [BOB, "7", ALICE, "0", "2"]),
    ]


def test_coins_go_from_modules_and_accounts_and_a_zero_coin_is_an_empty_list() -> None:
    stage = Stage()
    stage.run(from_module(authority=DELAYMSG_BECH32))
    stage.run(from_module(amount="0"))
    coin = PbCoin(denom="usd", amount="0")
    stage.run(MsgSendFromAccountToAccount(authority=GOV_BECH32, sender=ALICE, recipient=BOB, coin=coin))
    bob = from_bech32(BOB)
    assert stage.ports.calls == [
        ("send_from_module", "gov", bob, (Coin("usd", 5),)),
        ("send_from_module", "gov", bob, ()),
        ("send_coins", from_bech32(ALICE), bob, ()),
    ]


def test_subaccount_owners_sign() -> None:
    signers = Stage().module.signers
    assert signers[MsgCreateTransfer](transfer(B7, A0)) == (BOB,)
    assert signers[MsgWithdrawFromSubaccount](MsgWithdrawFromSubaccount(sender=B7, recipient=ALICE)) == (BOB,)


def test_the_section_is_empty() -> None:
    stage = Stage()
    assert stage.module.genesis is not None
    stage.module.genesis.init(stage.ctx, GenesisState())
    assert stage.module.genesis.export(stage.ctx) == GenesisState()
