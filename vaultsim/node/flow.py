"""Block lines drawn from a seed: price paths, takers, depositors. The same bytes on every machine.

Nothing here looks at the chain that will run the lines: what an account holds is believed from genesis and from the
messages sent so far, so that some messages are refused, as on any chain.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.flow_paths import GeometricWalk, PricePath, RecordedPath, Walk, read_closes
from vaultsim.node.flow_random import Random
from vaultsim.node.flow_world import FlowMarket, FlowWorld, read_world
from vaultsim.node.genesis_document import read_genesis

_PPM: Final = 1_000_000
_DOLLAR: Final = 1_000_000
_GOOD_FOR_BLOCKS: Final = 5
_ISOLATED_NUMBERS: Final = 128
"""Subaccounts from this number on hold isolated positions, one market each."""
_SIZES: Final = (20, 50, 100, 250, 500, 1_000, 2_500, 5_000)
"""Dollars of a taker's order."""


class FlowOptions(msgspec.Struct, frozen=True):
    """How lively the flow is. Counts are means per 100 blocks.

    walk: how prices move; csv and csv_market: a file of recorded prices and the market that follows it;
    noise, momentum: takers' orders; deposits, withdrawals: of MegaVault; allocations: of the operator, from the main
    vault to a sub-vault; step: time between blocks.
    """

    walk: Walk = Walk()
    csv: Path | None = None
    csv_market: int = 0
    noise: int = 150
    momentum: int = 50
    deposits: int = 10
    withdrawals: int = 6
    allocations: int = 4
    step: str = "+1s"


def flow_lines(genesis: Path, *, seed: int, blocks: int, options: FlowOptions | None = None) -> Iterator[str]:
    """The lines of a block file for a genesis, from height 2 on. Raises UserError for what cannot trade."""
    document = read_genesis(genesis)
    flow = _Flow(read_world(document), seed, options or FlowOptions())
    first = document.initial_height + 1
    for height in range(first, first + blocks):
        yield json.dumps(flow.line(height), separators=(",", ":"))


class _Flow:
    def __init__(self, world: FlowWorld, seed: int, options: FlowOptions) -> None:
        self._world = world
        self._options = options
        source = Random(seed)
        self._noise = source.child()
        self._momentum = source.child()
        self._money = source.child()
        self._operator = source.child()
        self._paths: dict[int, PricePath] = {}
        self._published: dict[int, int] = {}
        self._recent: dict[int, deque[int]] = {}
        self._shares = dict(world.shares)
        self._opened: dict[tuple[str, int], int] = {}
        self._client_id = 0
        closes = read_closes(options.csv) if options.csv else None
        for market in world.markets:
            self._add_path(market, source.child(), closes if market.market_id == options.csv_market else None)
        if closes and options.csv_market not in self._paths:
            raise UserError(
                f"market {options.csv_market}, which is to follow {options.csv}, does not trade in this genesis"
            )

    def _add_path(self, market: FlowMarket, random: Random, closes: list[int] | None) -> None:
        number = market.market_id
        if closes is not None:
            self._paths[number] = RecordedPath(market.price, closes)
        else:
            self._paths[number] = GeometricWalk(market.price, self._options.walk, random)
        self._published[number] = market.price
        self._recent[number] = deque([market.price], maxlen=20)

    def line(self, height: int) -> dict[str, Any]:
        """The line of one block: what is submitted before it, and the prices in it."""
        submit = [*self._depositors(), *self._allocations(), *self._takers(height)]
        line: dict[str, Any] = {"height": height, "time": self._options.step}
        if submit:
            line["submit"] = submit
        prices = self._move()
        if prices:
            line["prices"] = prices
        return line

    def _move(self) -> dict[str, int]:
        prices: dict[str, int] = {}
        for market in sorted(self._world.markets, key=lambda one: one.market_id):
            number = market.market_id
            if str(number) in prices:
                continue
            price = self._paths[number].step()
            self._recent[number].append(price)
            if market.publishes(self._published[number], price):
                self._published[number] = price
                prices[str(number)] = price
        return prices

    def _takers(self, height: int) -> Iterator[dict[str, Any]]:
        if not self._world.traders:
            return
        for _ in range(_count(self._noise, self._options.noise)):
            market = self._noise.choose(self._world.markets)
            yield from self._order(self._noise, market, "BUY" if self._noise.below(2) else "SELL", height)
        for _ in range(_count(self._momentum, self._options.momentum)):
            trending = self._trending()
            if trending is not None:
                recent = self._recent[trending.market_id]
                yield from self._order(self._momentum, trending, "BUY" if recent[-1] > recent[0] else "SELL", height)

    def _trending(self) -> FlowMarket | None:
        """The market that moved most over the last blocks, among a few that the taker happens to watch."""
        watched = [self._momentum.choose(self._world.markets) for _ in range(5)]
        moves = [(self._moved_ppm(market), market.pair_id, market) for market in watched]
        most, _, fastest = max(moves, key=lambda move: (move[0], move[1]))
        return fastest if most > 0 else None

    def _moved_ppm(self, market: FlowMarket) -> int:
        recent = self._recent[market.market_id]
        return abs(recent[-1] - recent[0]) * _PPM // recent[0]

    def _order(self, random: Random, market: FlowMarket, side: str, height: int) -> Iterator[dict[str, Any]]:
        owner, usdc = random.choose(self._world.traders)
        quote_quantums = min(random.choose(_SIZES) * _DOLLAR, usdc // 10)
        away_ppm = random.between(2_000, 30_000)
        number = 0
        if market.is_isolated:
            number = _ISOLATED_NUMBERS + market.pair_id
            opened = self._opened.get((owner, number))
            if opened is None:
                self._opened[owner, number] = height
                yield _transfer(owner, number, usdc // 50)
                return
            if opened == height:
                return
        self._client_id += 1
        price = self._published[market.market_id]
        yield {
            "messages": [
                {
                    "@type": "/dydxprotocol.clob.MsgPlaceOrder",
                    "order": {
                        "order_id": {
                            "subaccount_id": {"owner": owner, "number": number},
                            "client_id": self._client_id,
                            "order_flags": 0,
                            "clob_pair_id": market.pair_id,
                        },
                        "side": f"SIDE_{side}",
                        "quantums": str(market.base_quantums(quote_quantums, price)),
                        "subticks": str(market.limit_subticks(price, away_ppm if side == "BUY" else -away_ppm)),
                        "good_til_block": height + _GOOD_FOR_BLOCKS,
                        "time_in_force": "TIME_IN_FORCE_IOC",
                    },
                }
            ]
        }

    def _depositors(self) -> Iterator[dict[str, Any]]:
        random = self._money
        if self._world.traders:
            for _ in range(_count(random, self._options.deposits)):
                owner, usdc = random.choose(self._world.traders)
                quantums = max(1, usdc * random.between(1, 50) // 1_000)
                self._shares[owner] = self._shares.get(owner, 0) + quantums
                yield _deposit(owner, quantums)
        owners = sorted(owner for owner, shares in self._shares.items() if shares > 0)
        for _ in range(_count(random, self._options.withdrawals)):
            if not owners:
                return
            owner = random.choose(owners)
            shares = max(1, self._shares[owner] * random.between(1, 300) // 1_000)
            self._shares[owner] -= shares
            yield _withdrawal(owner, shares)

    def _allocations(self) -> Iterator[dict[str, Any]]:
        random, world = self._operator, self._world
        if world.operator is None or not world.vaults:
            return
        for _ in range(_count(random, self._options.allocations)):
            quantums = sum(self._shares.values()) * random.between(1, 40) // 1_000
            if quantums:
                yield _allocation(world.operator, random.choose(world.vaults), quantums)


def _count(random: Random, per_100_blocks: int) -> int:
    """How many events happen in a block: binomial with the mean asked for, at most four times it (at least four)."""
    tries = 4 * max(1, -(-per_100_blocks // 100))
    return sum(random.happens(per_100_blocks, 100 * tries) for _ in range(tries))


def _transfer(owner: str, number: int, quantums: int) -> dict[str, Any]:
    sender, recipient = {"owner": owner, "number": 0}, {"owner": owner, "number": number}
    transfer = {"sender": sender, "recipient": recipient, "asset_id": 0, "amount": str(max(1, quantums))}
    return {"messages": [{"@type": "/dydxprotocol.sending.MsgCreateTransfer", "transfer": transfer}]}


def _deposit(owner: str, quantums: int) -> dict[str, Any]:
    return {
        "messages": [
            {
                "@type": "/dydxprotocol.vault.MsgDepositToMegavault",
                "subaccount_id": {"owner": owner, "number": 0},
                "quote_quantums": str(quantums),
            }
        ]
    }


def _withdrawal(owner: str, shares: int) -> dict[str, Any]:
    return {
        "messages": [
            {
                "@type": "/dydxprotocol.vault.MsgWithdrawFromMegavault",
                "subaccount_id": {"owner": owner, "number": 0},
                "shares": {"num_shares": str(shares)},
                "min_quote_quantums": "0",
            }
        ]
    }


def _allocation(operator: str, vault_number: int, quantums: int) -> dict[str, Any]:
    return {
        "messages": [
            {
                "@type": "/dydxprotocol.vault.MsgAllocateToVault",
                "authority": operator,
                "vault_id": {"type": "VAULT_TYPE_CLOB", "number": vault_number},
                "quote_quantums": str(quantums),
            }
        ]
    }
