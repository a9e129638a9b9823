"""A chain with a perp vault for tests: its genesis document, its messages by short calls, its figures.

Tokens: eth and bnb (18 decimals), btc (8), usdc (6) and dai (18), each with a market of x/prices. Every account has
plenty of each. A price that is set counts from the next block on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tests.conformance.world import Case, TestMarket, document
from vaultsim.address import from_bech32, module_address
from vaultsim.app.results import TxResult
from vaultsim.app.tx_json import tx_from_json
from vaultsim.errors import ChainError
from vaultsim.node.export import Aside, export_document
from vaultsim.node.times import NANOSECONDS, format_time
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.testing.accounts import NAMED, address_of
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault.keeper import GetPosition, PerpvaultKeeper
from vaultsim.x.perpvault.types import ESCROW, MODULE_NAME, USDG, PositionId, Token

Json = dict[str, Any]
M = TypeVar("M", bound=Message)
ALICE, BOB, CARL, DAVE = (account.address for account in NAMED)
OPERATOR = address_of("operator")
ADDRESSES = {**{account.name: account.address for account in NAMED}, "operator": OPERATOR}
VAULT, ESCROW_ADDRESS = module_address(MODULE_NAME), module_address(ESCROW)
E30, E18, E8, E6 = 10**30, 10**18, 10**8, 10**6
USD = E30
START = 1_700_000_000
INTERVAL = 28_800
ETH, BTC, BNB, USDC, DAI = "eth", "btc", "bnb", "usdc", "dai"
MARKET_OF = {ETH: 0, USDC: 1, BTC: 2, DAI: 3, BNB: 4}
EXPONENT_OF = {ETH: -6, USDC: -6, BTC: -5, DAI: -6, BNB: -6}
DECIMALS_OF = {ETH: 18, USDC: 6, BTC: 8, DAI: 18, BNB: 18}
PLENTY = 10**30


def price_units(token: str, usd: float | str) -> int:
    """A price in the units of the token's market; a text for what a float cannot hold."""
    whole, _, part = str(usd).partition(".")
    digits = -EXPONENT_OF[token]
    return int(whole + part.ljust(digits, "0"))


def token_config(token: str, **fields: Any) -> Json:
    """A token of the genesis section, whitelisted; fields as on the wire."""
    given: Json = {
        "token": token,
        "whitelisted": True,
        "decimals": DECIMALS_OF[token],
        "weight": "10000",
        "min_profit_bps": 75,
        "is_stable": token in (USDC, DAI),
        "is_shortable": token not in (USDC, DAI),
        "market_id": MARKET_OF[token],
    }
    return {**given, **{name: str(one) if name.startswith("max_") else one for name, one in fields.items()}}


def base_tokens(**eth: Any) -> list[Json]:
    """ETH with its caps of open interest, and USDC."""
    caps = {"max_long_open_interest": 60_000 * USD, "max_short_open_interest": 40_000 * USD}
    return [token_config(ETH, **{**caps, **eth}), token_config(USDC)]


def world_document(
    tokens: Sequence[Json] | None = None,
    *,
    prices: Mapping[str, float | str] | None = None,
    section: bool = True,
    start: int = START,
    **params: Any,
) -> Json:
    """A genesis document: markets of every token at `prices`, balances, and the section with these settings."""
    at = {ETH: 2_000, USDC: 1, BTC: 40_000, DAI: 1, BNB: 300, **(prices or {})}
    markets = [
        TestMarket(
            id=number,
            pair=f"{token.upper()}-USD",
            price=price_units(token, at[token]),
            exponent=EXPONENT_OF[token],
            resolution=-9,
            tier=0,
            step=1_000,
            tick=1_000,
            qce=-9,
            change_ppm=1,
        )
        for token, number in MARKET_OF.items()
    ]
    made = document(Case(markets=markets))
    made["genesis_time"] = _time(start)
    state = made["app_state"]
    state["bank"]["balances"] = [_rich(one) for one in state["bank"]["balances"]]
    state["bank"]["supply"] = []
    if section:
        given = {name: str(one) if _is_text(name) else one for name, one in params.items()}
        state["perpvault"] = {
            "params": {"price_sample_space": 1, **given},
            "tokens": list(base_tokens() if tokens is None else tokens),
        }
    return made


def _time(seconds: int) -> str:
    return format_time(seconds * NANOSECONDS)


def _is_text(name: str) -> bool:
    return name in ("liquidation_fee_usd", "min_execution_fee", "min_purchase_token_amount_usd") or (
        name == "max_strict_price_deviation"
    )


def _rich(balance: Json) -> Json:
    if balance["address"] not in ADDRESSES.values():
        return balance
    coins = [*balance["coins"], *({"denom": token, "amount": str(PLENTY)} for token in MARKET_OF)]
    return {**balance, "coins": sorted(coins, key=lambda coin: str(coin["denom"]))}


class World:
    """A running chain. Messages are executed alone in a block each, at the time of the block before unless told."""

    def __init__(self, made: Json | None = None, **how: Any) -> None:
        self.chain = LocalChain(world_document(**how) if made is None else made)

    # --- the chain -------------------------------------------------------------------------------------------------

    @property
    def keeper(self) -> PerpvaultKeeper:
        return self.chain.app.modules.keepers.perpvault

    @property
    def now(self) -> int:
        return self.chain.app.time_ns // 10**9

    def wait(self, seconds: int) -> None:
        """An empty block so many seconds later."""
        self.chain.block(seconds)

    def wait_until(self, seconds: int) -> None:
        """An empty block at a time since 1970."""
        self.wait(seconds - self.now)

    def price(self, seconds: int = 0, **usd: float | str) -> None:
        """A block that sets prices; they count from the next block on."""
        units = {MARKET_OF[token]: price_units(token, one) for token, one in usd.items()}
        outcome = self.chain.block(seconds, prices=units)
        assert outcome.results[-1].code == 0, outcome.results[-1]

    def rounds(self, token: str, *usd: float | str) -> None:
        """A block for each price."""
        for one in usd:
            self.price(**{token: one})

    def send(self, message: Message, seconds: int = 0) -> TxResult:
        """Executes a message as if signed by its signer."""
        tx = tx_from_json({"messages": [{"@type": message.TYPE_URL, **message.to_json()}]})
        return self.chain.execute([tx], seconds).results[0]

    def run(self, message: Message, seconds: int = 0) -> Any:
        """Executes a message that succeeds; returns its response."""
        result = self.send(message, seconds)
        assert result.code == 0, result
        return unpack(TxMsgData.decode(result.data).msg_responses[0])

    def fails(self, message: Message, error: type[ChainError], seconds: int = 0) -> None:
        """Executes a message that fails with an error and changes nothing but the signer's sequence."""
        before = self.state()
        result = self.send(message, seconds)
        assert (result.codespace, result.code) == (error.codespace, error.code), result
        assert self.state() == before
        assert not self.keeper.lock.is_held

    def state(self) -> dict[str, dict[bytes, bytes]]:
        """The rows that a failed message must leave as they are."""
        rows = self.chain.rows()
        return {store: rows.get(store, {}) for store in ("perpvault", "bank")}

    def gov(self, message: Message, seconds: int = 0) -> None:
        """A proposal of one message, which passes."""
        assert self.gov_problem(message) is None, self.gov_problem(message)
        self.chain.block(seconds, gov=[message])

    def gov_problem(self, message: Message) -> ChainError | None:
        """What a proposal of one message would fail with, or None."""
        try:
            self.chain.app.modules.router.execute(self.chain.ctx, message)
        except ChainError as problem:
            return problem
        return None

    def gov_fails(self, message: Message, error: type[ChainError]) -> None:
        """A proposal that fails leaves nothing."""
        assert isinstance(self.gov_problem(message), error), self.gov_problem(message)
        before = self.state()
        self.chain.block(0, gov=[message])
        assert self.state() == before

    def export(self) -> Json:
        """A genesis document of the committed state."""
        return export_document(self.chain.app, Aside({}, {}, {}), self.chain.chain.index_prices).to_json()

    def events(self, kind: str) -> list[dict[str, str]]:
        """Attributes of the last block's transaction events of a type, without the place of their message."""
        return [
            {name: value for name, value in event.attributes() if name != "msg_index"}
            for result in self.chain.outcomes[-1].results
            for event in result.events
            if event.type == kind
        ]

    # --- messages --------------------------------------------------------------------------------------------------

    def set_params(self, **params: Any) -> None:
        given = {name: str(one) if _is_text(name) else one for name, one in params.items()}
        self.gov(pb.MsgUpdateParams(authority=GOV_BECH32, params=pb.Params(**given)))

    def role(self, role: int, address: str, enabled: bool = True) -> None:
        self.gov(pb.MsgSetRole(authority=GOV_BECH32, role=role, address=address, enabled=enabled))

    def buy(self, amount: int, token: str = ETH, by: str = DAVE) -> int:
        return int(self.run(buy(amount, token, by)).amount_out)

    def sell(self, usdg: int, token: str = ETH, by: str = DAVE) -> int:
        return int(self.run(sell(usdg, token, by)).amount_out)

    def long(self, size_usd: int | float, amount: int, by: str = ALICE, token: str = ETH, seconds: int = 0) -> None:
        self.run(increase(size_usd, amount, by, token), seconds)

    def short(self, size_usd: int | float, amount: int, by: str = CARL, token: str = ETH, stable: str = USDC) -> None:
        self.run(increase(size_usd, amount, by, token, stable))

    # --- figures ---------------------------------------------------------------------------------------------------

    def token(self, denom: str = ETH) -> Token:
        return self.keeper.token(self.chain.ctx, denom)

    def position(self, by: str = ALICE, token: str = ETH, stable: str = "") -> GetPosition:
        """The eight values of a position; a short's stable token says that it is one."""
        return self.keeper.get_position(self.chain.ctx, where(by, token, stable))

    def leverage(self, by: str = ALICE, token: str = ETH, stable: str = "") -> int:
        return self.keeper.position_leverage(self.chain.ctx, where(by, token, stable))

    def delta(self, by: str = ALICE, token: str = ETH, stable: str = "") -> tuple[bool, int]:
        found = self.keeper.utils.delta(self.chain.ctx, self.keeper.position(self.chain.ctx, where(by, token, stable)))
        return found.has_profit, found.usd

    def liquidation(self, by: str = ALICE, token: str = ETH, stable: str = "") -> tuple[int, int]:
        """State and fees in whole USD."""
        position = self.keeper.position(self.chain.ctx, where(by, token, stable))
        found = self.keeper.utils.validate_liquidation(self.chain.ctx, position, raising=False)
        return found.state, found.fees // USD

    def balance(self, address: str, denom: str) -> int:
        return self.chain.app.modules.keepers.bank.balance(self.chain.ctx, from_bech32(address), denom)

    def usdg_supply(self) -> int:
        return self.chain.app.modules.keepers.bank.supply(self.chain.ctx, USDG)

    def query(self, name: str, request: Message) -> Any:
        return self.chain.query(f"/vaultsim.perpvault.v1.Query/{name}", request)


def based(**how: Any) -> World:
    """BASE of the design's worked examples: an LP has bought USDG with 100 ETH and 100,000 USDC."""
    world = World(**how)
    world.buy(100 * E18)
    world.buy(100_000 * E6, USDC)
    return world


def rich_world(eth: int) -> World:
    """Every account has so much ETH; there are no caps."""
    made = world_document([token_config(ETH), token_config(USDC)])
    for balance in made["app_state"]["bank"]["balances"]:
        balance["coins"] = [{**coin, "amount": str(eth)} if coin["denom"] == ETH else coin for coin in balance["coins"]]
    return World(made)


def where(by: str, token: str = ETH, stable: str = "") -> PositionId:
    return PositionId(by, stable or token, token, not stable)


def usd(amount: int | float) -> int:
    """USD scaled by 10^30, exact for at most nine decimals."""
    return int(amount * 10**9) * 10**21 if isinstance(amount, float) else amount * USD


def buy(amount: int, token: str = ETH, by: str = DAVE, receiver: str = "") -> pb.MsgBuyUsdg:
    return pb.MsgBuyUsdg(sender=by, token=token, amount=str(amount), receiver=receiver or by)


def sell(usdg: int, token: str = ETH, by: str = DAVE, receiver: str = "") -> pb.MsgSellUsdg:
    return pb.MsgSellUsdg(sender=by, token=token, amount=str(usdg), receiver=receiver or by)


def increase(
    size_usd: int | float, amount: int, by: str = ALICE, token: str = ETH, stable: str = "", sender: str = ""
) -> pb.MsgIncreasePosition:
    """A long, or a short when a stable token is named."""
    return pb.MsgIncreasePosition(
        sender=sender or by,
        account=by,
        collateral_token=stable or token,
        index_token=token,
        size_delta=str(usd(size_usd)),
        is_long=not stable,
        amount=str(amount),
    )


def decrease(
    size_usd: int | float,
    collateral_usd: int | float = 0,
    by: str = ALICE,
    token: str = ETH,
    stable: str = "",
    sender: str = "",
    receiver: str = "",
) -> pb.MsgDecreasePosition:
    return pb.MsgDecreasePosition(
        sender=sender or by,
        account=by,
        collateral_token=stable or token,
        index_token=token,
        collateral_delta=str(usd(collateral_usd)),
        size_delta=str(usd(size_usd)),
        is_long=not stable,
        receiver=receiver or by,
    )


def liquidate(
    by: str = ALICE, token: str = ETH, stable: str = "", sender: str = BOB, fee_receiver: str = BOB
) -> pb.MsgLiquidatePosition:
    return pb.MsgLiquidatePosition(
        sender=sender,
        account=by,
        collateral_token=stable or token,
        index_token=token,
        is_long=not stable,
        fee_receiver=fee_receiver,
    )


def set_token(token: str, **fields: Any) -> pb.MsgSetTokenConfig:
    given = token_config(token, **fields)
    del given["whitelisted"]
    return pb.MsgSetTokenConfig(authority=GOV_BECH32, **{**given, "weight": int(given["weight"])})
