"""Deposits and withdrawals on a whole chain that remembers equities, against one that adds them up each time.

Both see the same signed transactions with little and with plenty of gas, in check state and in blocks, older states in
between, and both go back to captured states.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

from vaultsim.address import from_bech32
from vaultsim.app.tx import RawTx
from vaultsim.node.chain import Chain, ChainState
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.past import PastStates
from vaultsim.node.start import start_app
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgWithdrawFromMegavault,
    NumShares,
    VaultId,
    VaultType,
)
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signed_tx
from vaultsim.x.auth.types import base_of
from vaultsim.x.authority import GOV_BECH32

LOCALNET: Final = Path(__file__).resolve().parents[3] / "genesis" / "localnet" / "genesis.json"
NAMES: Final = ("alice", "bob")
DOLLAR: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
STEPS: Final = 60


class Twin:
    """One of the two chains."""

    def __init__(self, *, incremental: bool) -> None:
        started = start_app(read_genesis(LOCALNET), incremental=incremental)
        self.chain = Chain(started.app, index_prices=started.index_prices)
        self.chain.run_first_block()
        self.past = PastStates(started.app, 1_000, 10**6)
        self.kept: list[tuple[ChainState, dict[int, tuple[int, int]]]] = []

    def sign(self, name: str, message: MsgDepositToMegavault | MsgWithdrawFromMegavault, gas: int) -> RawTx:
        found = self.chain.app.modules.keepers.accounts.get(self.chain.check_ctx, from_bech32(address_of(name)))
        raw = signed_tx(
            message,
            by=name,
            chain_id=self.chain.app.chain_id,
            account_number=base_of(found).account_number,
            sequence=base_of(found).sequence,
            gas_limit=gas,
        )
        return RawTx(raw)

    def submit(self, name: str, message: MsgDepositToMegavault | MsgWithdrawFromMegavault, gas: int) -> object:
        return self.chain.submit(self.sign(name, message, gas))

    def block(self, prices: dict[int, int], gov: list[list[Any]]) -> object:
        outcome = self.chain.propose_block(self.chain.app.time_ns + SECOND_NS, prices=prices, gov=gov)
        self.past.note()
        return (
            outcome.app_hash,
            outcome.results,
            outcome.events,
            [one.problem and str(one.problem) for one in outcome.proposals],
        )

    def equity_at(self, height: int) -> int:
        return self.chain.app.modules.vault.megavault_equity(self.past.context_at(height))

    def capture(self) -> None:
        self.kept.append((self.chain.capture(), self.past.capture()))

    def restore(self, which: int) -> None:
        state, heights = self.kept[which]
        self.chain.restore(state)
        self.past.restore(heights)


def test_results_and_gas_are_those_of_adding_up_each_time() -> None:
    twins = Twin(incremental=True), Twin(incremental=False)
    draw = random.Random(11)
    codes: list[int] = []
    for twin in twins:
        twin.block({}, [[_allocation(0), _allocation(1)]])
        twin.capture()
    price = twins[0].chain.index_prices[0]
    for _ in range(STEPS):
        for _ in range(draw.randrange(5)):
            name = draw.choice(NAMES)
            message, gas = _transaction(draw, name)
            told = [twin.submit(name, message, gas) for twin in twins]
            assert told[0] == told[1]
        prices = {0: price + draw.randrange(-price // 100, price // 100)} if draw.random() < 0.5 else {}
        gov = [[_allocation(draw.randrange(2))]] if draw.random() < 0.2 else []
        blocks: list[Any] = [twin.block(prices, gov) for twin in twins]
        assert blocks[0] == blocks[1]
        codes += [result.code for result in blocks[0][1]]
        height = twins[0].chain.app.height
        # Not in every block: whoever asks for another state makes the chain forget what it remembers of this one.
        past = draw.randrange(twins[0].past.earliest_height, height + 1)
        for asked in (past, height) if draw.random() < 0.3 else ():
            assert twins[0].equity_at(asked) == twins[1].equity_at(asked)
        if draw.random() < 0.2:
            for twin in twins:
                twin.capture()
        if draw.random() < 0.2:
            which = draw.randrange(len(twins[0].kept))
            for twin in twins:
                twin.restore(which)
    # Executed, out of gas, and refused for the shares that are not there.
    assert codes.count(0) > 2 * STEPS
    assert codes.count(11) > 5
    assert set(codes) - {0, 11}


def _allocation(number: int) -> MsgAllocateToVault:
    return MsgAllocateToVault(
        authority=GOV_BECH32,
        vault_id=VaultId(type=VaultType.VAULT_TYPE_CLOB, number=number),
        quote_quantums=100 * DOLLAR,
    )


def _transaction(draw: random.Random, name: str) -> tuple[MsgDepositToMegavault | MsgWithdrawFromMegavault, int]:
    """A deposit or a withdrawal, and its gas limit."""
    gas = draw.choice((1_000_000, 1_000_000, 1_000_000, draw.randrange(55_000, 90_000)))
    owner = SubaccountId(owner=address_of(name), number=0)
    if draw.random() < 0.6:
        return MsgDepositToMegavault(subaccount_id=owner, quote_quantums=draw.randrange(1, 50) * DOLLAR), gas
    shares = NumShares(num_shares=draw.randrange(1, 40) * DOLLAR)
    return MsgWithdrawFromMegavault(subaccount_id=owner, shares=shares, min_quote_quantums=0), gas
