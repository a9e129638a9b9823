"""The whole accounts side against a naive model: random deposits, withdrawals, transfers, allocations, retrievals,
payments to the megavault, and messages that must fail. Money is conserved to the quantum, shares add up, and what
failed leaves nothing but its fee and sequence.

The model is exact as long as no vault holds a position: shares and payments round down.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.conformance.world import (
    ALICE,
    BOB,
    CARL,
    MEGAVAULT,
    Case,
    VaultCase,
    document,
    main_usdc,
    shares,
    subaccount,
    total_shares,
    usdc,
    vault,
    vault_owner,
)
from vaultsim.address import from_bech32
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.sending import (
    MsgCreateTransfer,
    MsgDepositToSubaccount,
    MsgWithdrawFromSubaccount,
    Transfer,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgRetrieveFromVault,
    MsgWithdrawFromMegavault,
    NumShares,
)
from vaultsim.pb.runtime import Message
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM

OWNERS = {"alice": ALICE, "bob": BOB, "carl": CARL}
START = 10**9
FEE = 50_000
NAMES = st.sampled_from(sorted(OWNERS))
AMOUNTS = st.one_of(st.integers(1, 1_000), st.integers(1, 2 * START), st.just(2**64 - 1))
VAULTS = st.sampled_from([0, 1])


class Accounts(RuleBasedStateMachine):
    """`wallet`, `held`, `shares` by name, `main`, `vaults` by number: what the naive model expects."""

    @initialize()
    def begin(self) -> None:
        self.chain = LocalChain(
            document(
                Case(
                    operator=ALICE,
                    subaccounts=[subaccount(owner, START) for owner in OWNERS.values()],
                    vaults=[VaultCase(0, "SB"), VaultCase(1, "SB")],
                    balances=dict.fromkeys(OWNERS.values(), 10**12),
                )
            )
        )
        self.wallet = dict.fromkeys(OWNERS, 10**12)
        self.held = dict.fromkeys(OWNERS, START)
        self.shares = dict.fromkeys(OWNERS, 0)
        self.vaults = {0: 0, 1: 0}
        self.main = 0

    @property
    def equity(self) -> int:
        return self.main + sum(self.vaults.values())

    @property
    def total(self) -> int:
        return sum(self.shares.values())

    def deliver(self, message: Message, by: str, *, succeeds: bool) -> None:
        """Executes it alone in a block; of one that fails, fee and sequence are left."""
        before = self.chain.rows()
        result = self.chain.deliver(message, by=by)
        assert (result.code == 0) == succeeds, result
        self.wallet[by] -= FEE
        if not succeeds:
            after = self.chain.rows()
            for store in ("vault", "subaccounts", "clob", "delaymsg", "perpetuals", "prices"):
                assert after.get(store) == before.get(store), store

    def account(self, name: str) -> SubaccountId:
        return SubaccountId(owner=OWNERS[name], number=0)

    @rule(name=NAMES, amount=AMOUNTS)
    def deposit(self, name: str, amount: int) -> None:
        minted = amount if self.total == 0 else amount * self.total // self.equity if self.equity > 0 else 0
        succeeds = amount <= self.held[name] and minted > 0
        message = MsgDepositToMegavault(subaccount_id=self.account(name), quote_quantums=amount)
        self.deliver(message, name, succeeds=succeeds)
        if succeeds:
            self.held[name] -= amount
            self.main += amount
            self.shares[name] += minted

    @rule(name=NAMES, part=st.integers(1, 100), more=st.booleans(), least=st.integers(0, 2))
    def withdraw(self, name: str, part: int, more: bool, least: int) -> None:
        wanted = self.shares[name] * part // 100 + more
        total = self.total
        paid = [held * wanted // total if total else 0 for held in (self.main, *self.vaults.values())]
        succeeds = 0 < wanted <= self.shares[name] and sum(paid) >= max(least, 1)
        message = MsgWithdrawFromMegavault(
            subaccount_id=self.account(name), shares=NumShares(num_shares=wanted), min_quote_quantums=least
        )
        if wanted == 0:
            return
        self.deliver(message, name, succeeds=succeeds)
        if succeeds:
            self.shares[name] -= wanted
            self.main -= paid[0]
            for number, amount in zip(self.vaults, paid[1:], strict=True):
                self.vaults[number] -= amount
            self.held[name] += sum(paid)

    @rule(name=NAMES, number=VAULTS, amount=AMOUNTS, retrieve=st.booleans())
    def move(self, name: str, number: int, amount: int, retrieve: bool) -> None:
        source = self.vaults[number] if retrieve else self.main
        succeeds = name == "alice" and amount <= source
        cls: Any = MsgRetrieveFromVault if retrieve else MsgAllocateToVault
        message = cls(authority=OWNERS[name], vault_id=vault(number), quote_quantums=amount)
        self.deliver(message, name, succeeds=succeeds)
        if succeeds:
            sign = -1 if retrieve else 1
            self.vaults[number] += sign * amount
            self.main -= sign * amount

    @rule(name=NAMES, other=NAMES, amount=AMOUNTS)
    def transfer(self, name: str, other: str, amount: int) -> None:
        if name == other:
            return  # refused before anything is paid
        made = Transfer(sender=self.account(name), recipient=self.account(other), asset_id=0, amount=amount)
        succeeds = amount <= self.held[name]
        self.deliver(MsgCreateTransfer(transfer=made), name, succeeds=succeeds)
        if succeeds:
            self.held[name] -= amount
            self.held[other] += amount

    @rule(name=NAMES, amount=st.integers(1, START), into=st.booleans())
    def between_wallet_and_subaccount(self, name: str, amount: int, into: bool) -> None:
        message: Message
        if into:
            message = MsgDepositToSubaccount(
                sender=OWNERS[name], recipient=self.account(name), asset_id=0, quantums=amount
            )
        else:
            message = MsgWithdrawFromSubaccount(
                sender=self.account(name), recipient=OWNERS[name], asset_id=0, quantums=amount
            )
        succeeds = amount <= (self.wallet[name] - FEE if into else self.held[name])
        self.deliver(message, name, succeeds=succeeds)
        if succeeds:
            sign = 1 if into else -1
            self.held[name] += sign * amount
            self.wallet[name] -= sign * amount

    @rule(name=NAMES, amount=st.integers(1, START))
    def pay_the_megavault(self, name: str, amount: int) -> None:
        coin = Coin(denom=USDC_DENOM, amount=str(amount))
        succeeds = amount <= self.wallet[name] - FEE
        message = MsgSend(from_address=OWNERS[name], to_address=MEGAVAULT, amount=(coin,))
        self.deliver(message, name, succeeds=succeeds)
        if succeeds:
            self.wallet[name] -= amount
            self.main += amount

    @rule()
    def a_quiet_block(self) -> None:
        self.chain.block()

    @invariant()
    def the_chain_is_as_the_model_says(self) -> None:
        if not hasattr(self, "chain"):
            return
        chain = self.chain
        bank = chain.app.modules.keepers.bank
        for name, address in OWNERS.items():
            assert usdc(chain, address) == self.held[name]
            assert (shares(chain, address) or 0) == self.shares[name]
            assert bank.balance(chain.ctx, from_bech32(address), USDC_DENOM) == self.wallet[name]
        assert main_usdc(chain) == self.main
        assert {number: usdc(chain, vault_owner(number)) for number in self.vaults} == self.vaults
        assert total_shares(chain) == self.total
        assert sum(self.held.values()) + self.equity == self.pool()

    def pool(self) -> int:
        """USDC of all subaccounts, by the chain's own list."""
        found = self.chain.app.modules.subaccounts.all_ids_and_subaccounts(self.chain.ctx)
        return sum(int(one.quantums) for _, held in found for one in held.asset_positions)


Accounts.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAccounts = Accounts.TestCase
