"""Figures of fund accounts: 200 of them with 50 holders each, on a day of fees and redemptions, and on every other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from chains.document import DOLLAR, USDC, Genesis
from chains.markets import markets

from benchmarks.figures import Figure, at_least, at_most, now, say, title
from benchmarks.worlds import started
from vaultsim.address import from_bech32, to_bech32
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import parse_genesis
from vaultsim.node.times import NANOSECONDS
from vaultsim.testing.accounts import address_of
from vaultsim.x.fundvault.types import COMPLETED, vault_id_of

FUNDS, HOLDERS = 200, 50
UNITS = 10**18
EACH = 1_000 * DOLLAR
IDLE_BLOCKS = 200
DUE = "2024-11-21T01:00:00Z"
CLOSING = "2030-01-01T00:00:00Z"
DUE_SECONDS = 3_600


def report() -> None:
    """Prints the figures of fund accounts."""
    title(f"Fund accounts: {FUNDS} with {HOLDERS} holders each")
    quiet = _chain(asking=0)
    say(at_least("idle blocks", IDLE_BLOCKS / _seconds(quiet, IDLE_BLOCKS), 300, "blocks/s"))
    for asking in (0, 5, HOLDERS):
        chain = _chain(asking)
        _seconds(chain, 1)
        name = f"fee and redemption date, {asking} of {HOLDERS} holders paid"
        say(at_most(name, _seconds(chain, 1, DUE_SECONDS) * 1_000, 100, "ms"))
        _require_paid(chain, FUNDS * asking)
    say(Figure("    payments in the last of them", f"{FUNDS * HOLDERS:,}"))


def _seconds(chain: Chain, blocks: int, step_seconds: int = 1) -> float:
    """CPU seconds of so many empty blocks."""
    before = now()
    for _ in range(blocks):
        chain.execute_block(chain.app.time_ns + step_seconds * NANOSECONDS, ())
    return now() - before


def _require_paid(chain: Chain, requests: int) -> None:
    state, ctx = chain.app.modules.keepers.fundvault.state, chain.app.query_context()
    done = [one for one in state.done_requests.values(ctx) if one.status == COMPLETED and one.amount_received != "0"]
    if len(done) != requests:
        raise SystemExit(f"{len(done)} of {requests} redemptions were paid")


def _chain(asking: int) -> Chain:
    """Funds whose first date and fee time is an hour after genesis; the first `asking` holders of each want money."""
    made = Genesis([markets("SOL-USD")[0]])
    made.account("owner", 1_000)
    made.operator("owner")
    owner = address_of("owner")
    ids = [vault_id_of(from_bech32(owner), number) for number in range(FUNDS)]
    for vault_id in ids:
        made.subaccount(vault_id, HOLDERS * EACH)
    made.app_state["fundvault"] = {
        "params": {},
        "vaults": [_fund(vault_id, owner, number) for number, vault_id in enumerate(ids)],
        "requests": list(_requests(ids, asking)),
        "next_vault_sequence": str(FUNDS),
        "epoch_counts": [],
    }
    document = made.document()
    _add_holders(document["app_state"])
    return started(parse_genesis(document, "funds"))


def _add_holders(state: dict[str, Any]) -> None:
    """Accounts with a base unit of USDC for everybody who holds units: money came from somewhere."""
    holders = [_holder(number, place) for number in range(FUNDS) for place in range(HOLDERS)]
    listed = state["auth"]["accounts"]
    kind = "/cosmos.auth.v1beta1.BaseAccount"
    for number, holder in enumerate(holders, len(listed)):
        listed.append({"@type": kind, "address": holder, "account_number": str(number), "sequence": "0"})
        state["bank"]["balances"].append({"address": holder, "coins": [{"denom": USDC, "amount": "1"}]})
    for coin in state["bank"]["supply"]:
        if coin["denom"] == USDC:
            coin["amount"] = str(int(coin["amount"]) + len(holders))


def _fund(vault_id: str, owner: str, number: int) -> dict[str, Any]:
    kind = "REDEMPTION_TYPE_NORMAL"
    return {
        "id": vault_id,
        "owner": owner,
        "metadata": {"name": f"fund {number}"},
        "fee_period": "86400",
        "next_fee_time": DUE,
        "management_fee_factor": "0.001",
        "performance_fee_factor": "0.2",
        "redemption_dates": [
            {"date": DUE, "type": kind, "max_fraction": "1"},
            {"date": CLOSING, "type": kind, "max_fraction": "1"},
        ],
        "status": "VAULT_STATUS_ACTIVE",
        "total_units": str(HOLDERS * EACH * UNITS),
        "units": [{"party": _holder(number, place), "units": str(EACH * UNITS)} for place in range(HOLDERS)],
        "invested_amount": str(HOLDERS * EACH),
    }


def _requests(ids: list[str], asking: int) -> Iterator[dict[str, Any]]:
    for number, vault_id in enumerate(ids):
        for place in range(asking):
            yield {
                "id": str(number * asking + place + 1),
                "vault_id": vault_id,
                "party": _holder(number, place),
                "amount_requested": str(EACH // 2),
                "status": "REQUEST_STATUS_PENDING",
                "eligible_from": "2024-11-21T00:00:00Z",
                "requested_at": "2024-11-21T00:00:00Z",
                "updated_at": "2024-11-21T00:00:00Z",
            }


def _holder(fund: int, place: int) -> str:
    return to_bech32(hashlib.sha256(f"holder {fund} {place}".encode()).digest()[:20])
