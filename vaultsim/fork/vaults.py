"""MegaVault: parameters, owners, vaults with their subaccounts and their own orders; and all subaccounts if wanted."""

from __future__ import annotations

from collections.abc import Iterable

from vaultsim.app.wiring import Keepers
from vaultsim.context import Context
from vaultsim.fork.reading import Reading
from vaultsim.pb.dydxprotocol import subaccounts, vault
from vaultsim.pb.dydxprotocol.clob import (
    OrderFillState,
    QueryStatefulOrderRequest,
    QueryStatefulOrderResponse,
)
from vaultsim.x.clob.types import NEVER_PRUNED
from vaultsim.x.vault.types import CLOB, MAIN_VAULT, account_of


def read_vaults(reading: Reading) -> None:
    """All of it. Raises UserError, and Unserved for a node without MegaVault."""
    api = reading.api
    params = api.ask(vault.QueryParamsRequest(), vault.QueryParamsResponse)
    shares = api.ask(vault.QueryMegavaultTotalSharesRequest(), vault.QueryMegavaultTotalSharesResponse)
    owners = tuple(
        one
        for page in api.pages(
            "owners of shares", vault.QueryMegavaultAllOwnerSharesRequest(), vault.QueryMegavaultAllOwnerSharesResponse
        )
        for one in page.owner_shares
    )
    vaults = tuple(
        one
        for page in api.pages("vaults", vault.QueryAllVaultsRequest(), vault.QueryAllVaultsResponse)
        for one in page.vaults
    )
    reading.sections["vault"] = vault.GenesisState(
        total_shares=shares.total_shares or vault.NumShares(),
        owner_shares=owners,
        vaults=tuple(
            vault.Vault(
                vault_id=one.vault_id,
                vault_params=one.vault_params,
                most_recent_client_ids=one.most_recent_client_ids,
            )
            for one in vaults
        ),
        default_quoting_params=params.default_quoting_params,
        all_owner_share_unlocks=_unlocks(reading, [one.owner for one in owners]),
        operator_params=params.operator_params,
    )
    reading.taken |= {"owners of shares": len(owners), "vaults": len(vaults)}
    reading.people |= dict.fromkeys([params.operator_params.operator, *(one.owner for one in owners)])
    _read_orders(reading, vaults)
    _read_subaccounts(reading, [MAIN_VAULT, *(one.subaccount_id for one in vaults)])


def _unlocks(reading: Reading, owners: Iterable[str]) -> tuple[vault.OwnerShareUnlocks, ...]:
    answers = reading.api.ask_each(
        "locked shares",
        [vault.QueryMegavaultOwnerSharesRequest(address=one) for one in owners],
        vault.QueryMegavaultOwnerSharesResponse,
    )
    found = tuple(
        vault.OwnerShareUnlocks(owner_address=one.address, share_unlocks=one.share_unlocks)
        for one in answers
        if one is not None and one.share_unlocks
    )
    reading.taken["owners with locked shares"] = len(found)
    return found


def _read_orders(reading: Reading, vaults: tuple[vault.QueryVaultResponse, ...]) -> None:
    """The vaults' long-term orders by the client ids that the vaults remember, with what is filled of them."""
    order_ids = [
        account_of(one.vault_id).order_id(client_id)
        for one in vaults
        if one.vault_id.type == CLOB
        for client_id in one.most_recent_client_ids
    ]
    answers = reading.api.ask_each(
        "orders of the vaults",
        [QueryStatefulOrderRequest(order_id=one) for one in order_ids],
        QueryStatefulOrderResponse,
    )
    live = [one for one in answers if one is not None]
    reading.taken["orders of the vaults"] = len(live)

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.clob.state
        for one in live:
            order = one.order_placement.order
            state.long_term.set(ctx, order.order_id, one.order_placement)
            state.expirations.set(ctx, (order.good_til_block_time or 0, order.order_id), order.order_id)
            if one.fill_amount:
                fill = OrderFillState(fill_amount=one.fill_amount, prunable_block_height=NEVER_PRUNED)
                state.fills.set(ctx, order.order_id, fill)

    reading.writes.append(write)


def _read_subaccounts(reading: Reading, wanted: list[subaccounts.SubaccountId]) -> None:
    if reading.all_subaccounts:
        pages = reading.api.pages(
            "subaccounts", subaccounts.QueryAllSubaccountRequest(), subaccounts.QuerySubaccountAllResponse
        )
        found = [one for page in pages for one in page.subaccount]
        owners = [one.id.owner for one in found if one.id is not None]
        own = {one.owner for one in wanted}
        reading.people |= dict.fromkeys(owner for owner in owners if owner not in own)
    else:
        answers = reading.api.ask_each(
            "subaccounts of the vaults",
            [subaccounts.QueryGetSubaccountRequest(owner=one.owner, number=one.number) for one in wanted],
            subaccounts.QuerySubaccountResponse,
        )
        found = [one.subaccount for one in answers if one is not None]
    kept = tuple(one for one in found if one.asset_positions or one.perpetual_positions)
    reading.sections["subaccounts"] = subaccounts.GenesisState(subaccounts=kept)
    reading.taken["subaccounts"] = len(kept)
