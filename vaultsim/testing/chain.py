"""A chain to write tests and notebooks with: submit, make blocks, look, go back. `vaultsim.Chain` is this class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Unpack

from vaultsim.app.gov import ProposalOutcome
from vaultsim.app.results import TxResult
from vaultsim.context import Context
from vaultsim.errors import UserError
from vaultsim.node.flow_paths import Walk
from vaultsim.node.live.blocks import BlockRecord, hash_of_tx
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.live.prices import PriceSource, WalkingPrices
from vaultsim.pb.dydxprotocol.sending import MsgDepositToSubaccount
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message, replace
from vaultsim.testing.accounts import NamedAccount, account
from vaultsim.testing.amounts import nanoseconds
from vaultsim.testing.documents import Source, genesis_of
from vaultsim.testing.failures import TxFailed
from vaultsim.testing.keys import Signer
from vaultsim.testing.messages import Sendable, messages_of
from vaultsim.testing.prices import GivenPrice, price_units
from vaultsim.testing.queries import Queries
from vaultsim.testing.signing import KnownSigners, TxParts, signed_for, unsigned
from vaultsim.testing.state import ChainState, Owner, address_bytes, address_text
from vaultsim.testing.watching import Watched
from vaultsim.x.assets.types import USDC_ASSET_ID, USDC_DENOM
from vaultsim.x.authority import GOV_BECH32

T = TypeVar("T")
Run = Callable[[Callable[[], Any]], Any]
"""Runs a function where the node may be touched."""


class Chain:
    """A chain with one node around it. Every method raises UserError for a mistake of its caller, in one sentence.

    run: how the node is touched when it belongs to another thread.
    """

    authority = GOV_BECH32
    """The address of governance, which `as_authority` acts for."""

    def __init__(self, node: Node, *, run: Run | None = None, control: Control | None = None) -> None:
        self.node = node
        self.control = control or Control(node)
        self._run: Run = run or (lambda action: action())
        self._signers = KnownSigners()

    @classmethod
    def from_genesis(
        cls, source: Source, *, chain_id: str | None = None, block_seconds: float = 1, checked: bool = False
    ) -> Chain:
        """A chain from a genesis: a shipped one by name (`localnet`), a file, or the document itself.

        chain_id: another name for the chain; block_seconds: chain time from one block to the next; checked: check
        after every block that money is conserved, open interest is balanced and shares sum up. The first block has
        run. Raises UserError.
        """
        clock = BlockClock(ClockMode.STEPS, step_ns=nanoseconds(block_seconds))
        document = genesis_of(source)
        if chain_id is not None:
            document = replace(document, chain_id=chain_id)
        chain = cls(Node(document, clock=clock, block_mode=BlockMode.MANUAL))
        if checked:
            Watched(chain.node)
        return chain

    # --- what it is ----------------------------------------------------------------------------------------------

    @property
    def chain_id(self) -> str:
        """The chain's name."""
        return self.node.chain_id

    @property
    def height(self) -> int:
        """Height of the last block."""
        return self.node.height

    @property
    def time_ns(self) -> int:
        """Time of the last block in nanoseconds since 1970 (UTC)."""
        return self.node.time_ns

    @property
    def time(self) -> datetime:
        """Time of the last block (UTC), cut to microseconds; `time_ns` is exact."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.time_ns // 1_000)

    @property
    def app_hash(self) -> str:
        """Digest of the state in hex: equal states that were reached by equal blocks have equal digests."""
        return self.node.app.store.app_hash.hex()

    @property
    def state(self) -> ChainState:
        """The committed state by module."""
        return self.state_at(None)

    def state_at(self, height: int | None) -> ChainState:
        """The committed state of a height that the node still knows; None: of the last block, whichever that is."""
        return ChainState(self.node.app, self._reader(height))

    @property
    def query(self) -> Queries:
        """The chain's own queries: `chain.query.vault.MegavaultTotalShares()`."""
        return self.query_at(None)

    def query_at(self, height: int | None) -> Queries:
        """The queries, answered from the state of a height."""
        return Queries(self.node.app, self._reader(height))

    def rows(self, store: str, height: int | None = None) -> dict[bytes, bytes]:
        """The raw rows of a store, exactly the chain's bytes, in key order."""
        return self._do(lambda: dict(self.control.dump(store, height)))

    # --- transactions --------------------------------------------------------------------------------------------

    def submit(
        self, messages: Sendable | Sequence[Sendable], signer: Signer | None = None, **parts: Unpack[TxParts]
    ) -> TxResult:
        """Signs a transaction and puts it through CheckTx, as a node does that receives it.

        An accepted one waits for the next block; short-term orders act on the books at once. Without a signer the
        account that must sign does so, if its key is known or it is impersonated. Returns the result of CheckTx.
        """
        return self._do(lambda: self.node.submit(self._signed(messages_of(messages), signer, parts)))

    def signed(
        self, messages: Sendable | Sequence[Sendable], signer: Signer | None = None, **parts: Unpack[TxParts]
    ) -> bytes:
        """The raw bytes of the transaction that `submit` would hand in."""
        return self._do(lambda: self._signed(messages_of(messages), signer, parts))

    def execute(
        self,
        messages: Sendable | Sequence[Sendable],
        signer: Signer | None = None,
        *,
        check: bool = True,
        **parts: Unpack[TxParts],
    ) -> TxResult:
        """Submits a transaction, makes the next block, and returns what became of it there.

        Of a short-term order, which is in no block by itself, and of a transaction that CheckTx refuses (no block is
        made then) the result is that of CheckTx. Raises TxFailed when the code is not 0, unless `check` is off.
        """
        return self._do(lambda: self._execute(messages_of(messages), signer, check, parts))

    def as_authority(self, messages: Sendable | Sequence[Sendable], *, check: bool = True) -> ProposalOutcome:
        """Makes a block in which a proposal with these messages passes: all are executed or none.

        Raises TxFailed when one fails, unless `check` is off.
        """
        outcome = self._do(lambda: self.control.execute_as_authority(messages_of(messages)))
        if check and outcome.problem is not None:
            raise TxFailed.of_problem(outcome.problem, self.height)
        return outcome

    # --- blocks, time, prices ------------------------------------------------------------------------------------

    def next_block(
        self, *, seconds: float | None = None, prices: Mapping[int | str, GivenPrice] | None = None
    ) -> BlockRecord:
        """Makes a block with these oracle prices, so many seconds after the last one, else as `block_seconds` says."""
        if prices:
            self.set_prices(prices)
        return self.advance(blocks=1, seconds=seconds)

    def advance(self, *, blocks: int = 1, seconds: float | None = None) -> BlockRecord:
        """Makes blocks; seconds: chain time that passes over all of them, evenly, to the nanosecond at the end.

        Returns the last one.
        """
        if blocks < 1:
            raise UserError(f"{blocks} blocks: make at least 1")
        return self._do(lambda: self._advance(blocks, seconds))

    def set_prices(self, prices: Mapping[int | str, GivenPrice]) -> None:
        """Oracle prices that the next block sets, by market: its id or its pair such as `BTC-USD`.

        A whole number is in the market's own units; text and Decimal are dollars: `{"BTC-USD": "98620.5"}`.
        """
        units = price_units(self.state, prices)
        self._do(lambda: self.control.set_prices(units))

    def walk_prices(self, seed: int, *, volatility_ppm: int = 300) -> None:
        """Oracle prices of all markets wander from now on, a step a block: the same seed gives the same moves."""
        self.script_prices(WalkingPrices(seed, Walk(volatility_ppm=volatility_ppm)))

    def script_prices(self, source: PriceSource | None) -> None:
        """Where the prices of all coming blocks come from; None: from `set_prices` alone."""
        self._do(lambda: self.control.script_prices(source))

    # --- accounts ------------------------------------------------------------------------------------------------

    def fund(self, to: Owner | SubaccountId, coins: int | Mapping[str, int]) -> None:
        """Gives new coins to an account or (USDC only) to a subaccount; makes a block, for a subaccount two.

        coins: quantums of USDC, or amounts by denomination. The account is created when it is missing.
        """
        owner = to.owner if isinstance(to, SubaccountId) else address_text(to)
        amounts = {USDC_DENOM: coins} if isinstance(coins, int) else dict(coins)
        if isinstance(to, SubaccountId) and list(amounts) != [USDC_DENOM]:
            raise UserError("a subaccount holds USDC alone; give its quantums")
        self._know(to)
        self._do(lambda: self.control.fund(owner, amounts))
        if isinstance(to, SubaccountId):
            self._do(lambda: self._move_in(to, amounts[USDC_DENOM]))

    def impersonate(self, owner: Owner, on: bool = True) -> None:
        """Messages of this account run as if signed from now on, or no longer: for accounts whose key nobody has."""
        self._do(lambda: self.control.impersonate(address_text(owner), on))

    # --- going back and writing down -----------------------------------------------------------------------------

    def snapshot(self) -> int:
        """Remembers everything there is: state, height, time, waiting transactions, books. Returns its id."""
        return self._do(self.control.snapshot)

    def revert(self, snapshot: int) -> None:
        """Goes back to a snapshot, any number of times; younger ones are dropped."""
        self._do(lambda: self.control.revert(snapshot))

    def drop_snapshot(self, snapshot: int) -> None:
        """Forgets a snapshot that is not needed any more."""
        self._do(lambda: self.control.drop_snapshot(snapshot))

    def export(self) -> dict[str, Any]:
        """A genesis document of the committed state; a chain started from it goes on where this one stands."""
        return self._do(lambda: self.control.export().to_json())

    # --- inside --------------------------------------------------------------------------------------------------

    def _do(self, action: Callable[[], T]) -> T:
        done: T = self._run(action)
        return done

    def _reader(self, height: int | None) -> Callable[[Callable[[Context], Any]], Any]:
        return lambda ask: self._run(lambda: ask(self.node.state_at(height)))

    def _know(self, one: object) -> None:
        if isinstance(one, NamedAccount):
            self._signers.add(one)

    def _signed(self, messages: tuple[Message, ...], signer: Signer | None, parts: TxParts) -> bytes:
        if signer is None:
            signer = self._signers.signer_of(messages, self.node.impersonated)
            if signer is None:
                return unsigned(messages, parts)
        self._know(account(signer) if isinstance(signer, str) else signer)
        return signed_for(self.node.app, self.node.chain.check_ctx, messages, signer, **parts)

    def _execute(self, messages: tuple[Message, ...], signer: Signer | None, check: bool, parts: TxParts) -> TxResult:
        raw = self._signed(messages, signer, parts)
        # What runs as an impersonated account is marked, and has its hash with the mark.
        tx_hash, last = hash_of_tx(self.node.as_received(raw).raw), self.height
        result, height = self.node.submit(raw), None
        if result.code == 0:
            if self.height == last:
                self.control.advance_blocks(1)
            place = self.node.blocks.find_tx(tx_hash)
            if place is not None and place.block.height > last:
                result, height = place.result, place.block.height
        if check and result.code:
            raise TxFailed.of_result(result, height)
        return result

    def _advance(self, blocks: int, seconds: float | None) -> BlockRecord:
        if seconds is None:
            return self.control.advance_blocks(blocks)
        start, whole = self.time_ns, nanoseconds(seconds)
        for number in range(1, blocks + 1):
            self.control.set_next_block_time(start + whole * number // blocks)
            record = self.control.advance_blocks(1)
        return record

    def _move_in(self, to: SubaccountId, quantums: int) -> None:
        message = MsgDepositToSubaccount(sender=to.owner, recipient=to, asset_id=USDC_ASSET_ID, quantums=quantums)
        was_on = address_bytes(to.owner) in self.node.impersonated
        self.control.impersonate(to.owner)
        try:
            self._execute((message,), None, True, {})
        finally:
            self.control.impersonate(to.owner, was_on)
