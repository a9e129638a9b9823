"""Genesis section "perpvault". Source: designs-on-chain; perp-vault §3."""

from __future__ import annotations

from collections.abc import Iterator

from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import I64_MAX
from vaultsim.module import Genesis, Problem
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.store.collections import Item, Map
from vaultsim.x.perpvault import types, validate_basic
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.keeper_admin import require_valid_config, require_valid_feed
from vaultsim.x.perpvault.keeper_base import VAULT_ADDRESS
from vaultsim.x.perpvault.params import DEFAULT_PARAMS, params_to_wire, require_valid_params, updated
from vaultsim.x.perpvault.types import ESCROW, Position, PositionId, Token, TokenList, from_wire, to_wire

ESCROW_ADDRESS = module_address(ESCROW)
MOST_EXPONENT = 1_000
"""Of a price; x/prices has no bound of its own, and powers of ten take room."""


def perpvault_genesis(keeper: PerpvaultKeeper) -> Genesis:
    """How the section is read, written and checked."""

    def init(ctx: Context, section: pb.GenesisState) -> None:
        for problem in check(section):
            raise ChainPanic(f"perpvault: {problem.path}: {problem.text}")
        keeper.initialize(ctx, updated(DEFAULT_PARAMS, section.params))
        _init_vault(keeper, ctx, section)
        _init_requests(keeper, ctx, section.requests)
        _init_orders(keeper, ctx, section.orders)
        _require_backed(keeper, ctx, section)

    def export(ctx: Context) -> pb.GenesisState:
        state = keeper.state
        listed = state.token_list.get(ctx) or TokenList()
        return pb.GenesisState(
            params=params_to_wire(keeper.params(ctx)),
            roles=tuple(pb.RoleGrant(role=role, address=address) for role, address in state.roles.keys(ctx)),
            tokens=tuple(to_wire(pb.Token, keeper.token(ctx, denom)) for denom in listed.tokens),
            positions=tuple(to_wire(pb.Position, one) for one in state.positions.values(ctx)),
            requests=_export_requests(keeper, ctx),
            orders=_export_orders(keeper, ctx),
            approved_routers=tuple(
                pb.ApprovedRouter(account=account, router=router)
                for account, router in state.approved_routers.keys(ctx)
            ),
            keeper_prices=tuple(to_wire(pb.KeeperPrice, one) for one in state.keeper_prices.values(ctx)),
            price_rounds=tuple(state.rounds.values(ctx)),
        )

    return Genesis(pb.GenesisState, init, export, check)


def check(section: pb.GenesisState) -> list[Problem]:
    """Fields that cannot be what they are called, settings out of bounds, things twice, sums that do not add up."""
    problems = list(validate_basic.problems(section))
    if problems:
        return problems
    try:
        require_valid_params(updated(DEFAULT_PARAMS, section.params))
    except ChainError as problem:
        problems.append(Problem("params", problem.log))
    tokens = [_token(one) for one in section.tokens]
    positions = [from_wire(Position, one) for one in section.positions]
    problems += _twice("tokens", [one.token for one in tokens])
    problems += _twice("positions", [one.id for one in positions])
    problems += _twice("price_rounds", [one.market_id for one in section.price_rounds])
    problems += _twice("requests.increase_positions", [one.key for one in section.requests.increase_positions])
    problems += _twice("requests.decrease_positions", [one.key for one in section.requests.decrease_positions])
    problems += _twice("orders.increase_orders", [(one.account, one.index) for one in section.orders.increase_orders])
    problems += _twice("orders.decrease_orders", [(one.account, one.index) for one in section.orders.decrease_orders])
    problems += _twice("keeper_prices", [one.token for one in section.keeper_prices])
    for index, grant in enumerate(section.roles):
        if grant.role not in pb.Role.NAMES or grant.role == pb.Role.ROLE_UNSPECIFIED:
            problems.append(Problem(f"roles[{index}].role", f"{grant.role} is no role"))
    problems += _tokens(tokens)
    problems += _positions(positions)
    problems += _requests(section)
    problems += _orders_and_rounds(section)
    return problems or list(_sums(tokens, positions))


def _twice(path: str, names: list[object]) -> Iterator[Problem]:
    seen: dict[object, int] = {}
    for index, name in enumerate(names):
        first = seen.setdefault(name, index)
        if first != index:
            yield Problem(f"{path}[{index}]", f"is also {path}[{first}]")


def _token(wire: pb.Token) -> Token:
    """A token, whitelisted unless it says otherwise."""
    return from_wire(Token, wire if wire.whitelisted is not None else replace(wire, whitelisted=True))


def _tokens(tokens: list[Token]) -> Iterator[Problem]:
    for index, token in enumerate(tokens):
        try:
            require_valid_config(token)
            require_valid_feed(token)
        except ChainError as problem:
            yield Problem(f"tokens[{index}]", problem.log)


def _positions(positions: list[Position]) -> Iterator[Problem]:
    for index, position in enumerate(positions):
        if position.size == 0 or position.size < position.collateral:
            yield Problem(f"positions[{index}].size", "must be positive and at least the collateral")
        if position.collateral == 0 or position.average_price == 0:
            yield Problem(f"positions[{index}]", "collateral and average_price must be positive")
        if position.is_long and position.collateral_token != position.index_token:
            yield Problem(f"positions[{index}].collateral_token", "of a long is its index_token")


def _requests(section: pb.GenesisState) -> Iterator[Problem]:
    requests, orders = section.requests, section.orders
    for name in ("increase_positions", "decrease_positions"):
        for index, request in enumerate(getattr(requests, name)):
            if len(request.path) != 1:
                yield Problem(f"requests.{name}[{index}].path", "must have one token")
    for name in ("increase_queue", "decrease_queue"):
        queue = getattr(requests, name)
        if queue.start + len(queue.keys) > I64_MAX:
            yield Problem(f"requests.{name}.start", f"{queue.start} is too far")
    for path, rows in (("requests", requests.account_indexes), ("orders", orders.account_indexes)):
        for index, row in enumerate(rows):
            if max(row.increase_index, row.decrease_index) > I64_MAX:
                yield Problem(f"{path}.account_indexes[{index}]", "is too far")


def _orders_and_rounds(section: pb.GenesisState) -> Iterator[Problem]:
    for name in ("increase_orders", "decrease_orders"):
        for index, order in enumerate(getattr(section.orders, name)):
            if order.index >= I64_MAX:
                yield Problem(f"orders.{name}[{index}].index", f"{order.index} is too far")
    for index, rounds in enumerate(section.price_rounds):
        if abs(rounds.exponent) > MOST_EXPONENT:
            yield Problem(f"price_rounds[{index}].exponent", f"{rounds.exponent} is too far")


def _sums(tokens: list[Token], positions: list[Position]) -> Iterator[Problem]:
    """What the positions must add up to, token by token. Source: perp-vault §14, V1, V3, V4."""
    known = {token.token for token in tokens}
    for index, position in enumerate(positions):
        if not {position.collateral_token, position.index_token} <= known:
            yield Problem(f"positions[{index}]", "its tokens are not in tokens")
    for index, token in enumerate(tokens):
        backed = [one for one in positions if one.collateral_token == token.token]
        indexed = [one for one in positions if one.index_token == token.token]
        longs = sum(one.size for one in indexed if one.is_long)
        shorts = sum(one.size for one in indexed if not one.is_long)
        sums = {
            "long_open_interest": longs,
            "short_open_interest": shorts,
            "global_short_size": shorts,
            "reserved_amount": sum(one.reserve_amount for one in backed),
            "guaranteed_usd": sum(one.size - one.collateral for one in backed if one.is_long),
        }
        for name, total in sums.items():
            if getattr(token, name) != total:
                yield Problem(f"tokens[{index}].{name}", f"is {getattr(token, name)}, the positions add up to {total}")
        if token.reserved_amount > token.pool_amount:
            yield Problem(f"tokens[{index}].reserved_amount", f"is above pool_amount {token.pool_amount}")


def _init_vault(keeper: PerpvaultKeeper, ctx: Context, section: pb.GenesisState) -> None:
    state = keeper.state
    for grant in section.roles:
        state.roles.add(ctx, (grant.role, grant.address))
    for rounds in section.price_rounds:
        state.rounds.set(ctx, rounds.market_id, rounds)
    tokens = [_token(one) for one in section.tokens]
    listed = [token for token in tokens if token.whitelisted]
    weights = sum(token.weight for token in listed)
    state.token_list.set(ctx, TokenList(tuple(token.token for token in tokens), weights, len(listed)))
    for token in tokens:
        state.tokens.set(ctx, token.token, token)
        if token.whitelisted:
            keeper.feed.follow(ctx, token.market_id)
        if not token.token_balance:
            keeper.sync_balance(ctx, token.token)
    for position in section.positions:
        state.positions.set(
            ctx,
            PositionId(position.account, position.collateral_token, position.index_token, position.is_long),
            from_wire(Position, position),
        )
    for approved in section.approved_routers:
        state.approved_routers.add(ctx, (approved.account, approved.router))
    for price in section.keeper_prices:
        state.keeper_prices.set(ctx, price.token, from_wire(types.KeeperPrice, price))


def _init_requests(keeper: PerpvaultKeeper, ctx: Context, requests: pb.Requests) -> None:
    state = keeper.state
    for increase in requests.increase_positions:
        state.increase_requests.set(ctx, increase.key, from_wire(types.IncreaseRequest, increase))
    for decrease in requests.decrease_positions:
        state.decrease_requests.set(ctx, decrease.key, from_wire(types.DecreaseRequest, decrease))
    _init_queue(ctx, requests.increase_queue, state.increase_queue, state.increase_bounds)
    _init_queue(ctx, requests.decrease_queue, state.decrease_queue, state.decrease_bounds)
    for indexes in requests.account_indexes:
        state.request_indexes.set(ctx, indexes.account, indexes)


def _init_queue(ctx: Context, queue: pb.RequestQueue, rows: Map[int, str], bounds: Item[tuple[int, int]]) -> None:
    if not queue.start and not queue.keys:
        return
    for place, key in enumerate(queue.keys, queue.start):
        rows.set(ctx, place, key)
    bounds.set(ctx, (queue.start, queue.start + len(queue.keys)))


def _init_orders(keeper: PerpvaultKeeper, ctx: Context, orders: pb.Orders) -> None:
    """Writes the orders; the next one of an account comes after those that it has, whatever its indexes say."""
    state = keeper.state
    for increase in orders.increase_orders:
        state.increase_orders.set(ctx, (increase.account, increase.index), from_wire(types.IncreaseOrder, increase))
    for decrease in orders.decrease_orders:
        state.decrease_orders.set(ctx, (decrease.account, decrease.index), from_wire(types.DecreaseOrder, decrease))
    for indexes in orders.account_indexes:
        state.order_indexes.set(ctx, indexes.account, indexes)
    for increase in orders.increase_orders:
        found = state.order_indexes.get(ctx, increase.account) or pb.AccountIndexes(account=increase.account)
        index = max(found.increase_index, increase.index + 1)
        state.order_indexes.set(ctx, increase.account, replace(found, increase_index=index))
    for decrease in orders.decrease_orders:
        found = state.order_indexes.get(ctx, decrease.account) or pb.AccountIndexes(account=decrease.account)
        index = max(found.decrease_index, decrease.index + 1)
        state.order_indexes.set(ctx, decrease.account, replace(found, decrease_index=index))


def _export_requests(keeper: PerpvaultKeeper, ctx: Context) -> pb.Requests:
    state = keeper.state
    return pb.Requests(
        increase_positions=tuple(to_wire(pb.IncreaseRequest, one) for one in state.increase_requests.values(ctx)),
        decrease_positions=tuple(to_wire(pb.DecreaseRequest, one) for one in state.decrease_requests.values(ctx)),
        increase_queue=_export_queue(ctx, state.increase_queue, state.increase_bounds),
        decrease_queue=_export_queue(ctx, state.decrease_queue, state.decrease_bounds),
        account_indexes=tuple(state.request_indexes.values(ctx)),
    )


def _export_queue(ctx: Context, rows: Map[int, str], bounds: Item[tuple[int, int]]) -> pb.RequestQueue:
    start, _ = bounds.get(ctx) or (0, 0)
    return pb.RequestQueue(start=start, keys=tuple(rows.values(ctx)))


def _export_orders(keeper: PerpvaultKeeper, ctx: Context) -> pb.Orders:
    state = keeper.state
    return pb.Orders(
        increase_orders=tuple(to_wire(pb.IncreaseOrder, one) for one in state.increase_orders.values(ctx)),
        decrease_orders=tuple(to_wire(pb.DecreaseOrder, one) for one in state.decrease_orders.values(ctx)),
        account_indexes=tuple(state.order_indexes.values(ctx)),
    )


def _require_backed(keeper: PerpvaultKeeper, ctx: Context, section: pb.GenesisState) -> None:
    """Panics when the module's accounts hold less than the books say. Source: perp-vault §14, V5.

    A stable token whose `token_balance` is given goes on from a chain that ran: shorts that closed while it was off a
    dollar were paid more of it, or less, than they had brought, so that only this balance is asked for.
    """
    for given in section.tokens:
        token = keeper.token(ctx, given.token)
        balance = int(given.token_balance or 0)
        owed = token.pool_amount + token.fee_reserve - token.upgraded_out
        if token.is_stable and balance:
            owed = balance
        held = keeper.bank.balance(ctx, VAULT_ADDRESS, token.token)
        if held < owed:
            raise ChainPanic(f"perpvault holds {held}{token.token} and its books say {owed}")
    waiting: dict[str, int] = {}
    for denom, amount in _escrowed(keeper, ctx):
        waiting[denom] = waiting.get(denom, 0) + amount
    for denom, amount in sorted(waiting.items()):
        held = keeper.bank.balance(ctx, ESCROW_ADDRESS, denom)
        if held < amount:
            raise ChainPanic(f"perpvault's escrow holds {held}{denom} and its books say {amount}")


def _escrowed(keeper: PerpvaultKeeper, ctx: Context) -> Iterator[tuple[str, int]]:
    """Every amount that the escrow must hold."""
    state = keeper.state
    for token in state.tokens.values(ctx):
        yield token.token, token.router_fee_reserve
    for request in state.increase_requests.values(ctx):
        yield request.path[0], request.amount_in
        yield request.execution_fee_denom, request.execution_fee
    for decrease in state.decrease_requests.values(ctx):
        yield decrease.execution_fee_denom, decrease.execution_fee
    for order in state.increase_orders.values(ctx):
        yield order.purchase_token, order.purchase_token_amount
        yield order.execution_fee_denom, order.execution_fee
    for other in state.decrease_orders.values(ctx):
        yield other.execution_fee_denom, other.execution_fee
