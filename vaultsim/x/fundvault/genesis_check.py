"""What a genesis section of x/fundvault can be wrong about by itself. Source: fund-vault §§3, 4.1, 12."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vaultsim.address import is_bech32
from vaultsim.errors import ChainError
from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text
from vaultsim.lib.ints import whole_number
from vaultsim.module import Problem
from vaultsim.pb.vaultsim.fundvault.v1 import (
    GenesisState,
    LateBucket,
    PartyUnits,
    PendingUpdate,
    RedemptionRequest,
    Vault,
)
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.fundvault.schedule import require_valid_dates
from vaultsim.x.fundvault.types import (
    ACTIVE,
    ALL,
    COMPLETED,
    LATE,
    MOST_BITS,
    MOST_PERIOD_SECONDS,
    PENDING,
    STOPPED,
    STOPPING,
)
from vaultsim.x.fundvault.validate_basic import MOST_MANAGEMENT_FEE, MOST_PERFORMANCE_FEE, factor

Sentences = Iterator[tuple[str, str]]
"""Places below the thing that is checked, and what is wrong there."""


def check(section: GenesisState) -> list[Problem]:
    """Vaults, requests and counts that contradict the design, themselves or each other."""
    problems: list[Problem] = []
    vaults: dict[str, int] = {}
    for index, vault in enumerate(section.vaults):
        problems += [Problem(f"$.vaults[{index}]{place}", text) for place, text in _vault(vault)]
        if vault.id in vaults:
            problems.append(Problem(f"$.vaults[{index}].id", f"{vault.id} is also vaults[{vaults[vault.id]}]"))
        vaults.setdefault(vault.id, index)
    ids: dict[int, int] = {}
    for index, request in enumerate(section.requests):
        problems += [Problem(f"$.requests[{index}]{place}", text) for place, text in _request(request, vaults)]
        if request.id in ids:
            problems.append(Problem(f"$.requests[{index}].id", f"{request.id} is also requests[{ids[request.id]}]"))
        ids.setdefault(request.id, index)
    problems += [*_claims(section), *_ends(section)]
    parties: dict[str, int] = {}
    for index, count in enumerate(section.epoch_counts):
        if not is_bech32(count.party):
            problems.append(Problem(f"$.epoch_counts[{index}].party", "is no address"))
        party = count.party.lower()
        if party in parties:
            problems.append(Problem(f"$.epoch_counts[{index}].party", f"is also epoch_counts[{parties[party]}]"))
        parties.setdefault(party, index)
    return problems


def _vault(vault: Vault) -> Sentences:
    for name, address in (("id", vault.id), ("owner", vault.owner)):
        if not is_bech32(address):
            yield f".{name}", f"{address!r} is no address"
    if vault.id != vault.id.lower():
        yield ".id", f"{vault.id!r} is not in lower case"
    for index, party in enumerate(vault.whitelist):
        if not is_bech32(party):
            yield f".whitelist[{index}]", f"{party!r} is no address"
    if vault.asset != USDC_ASSET_ID:
        yield ".asset", f"asset {vault.asset} cannot settle a vault"
    if not vault.metadata.name.strip():
        yield ".metadata.name", "a vault needs a name"
    if not 0 < vault.fee_period <= MOST_PERIOD_SECONDS:
        yield ".fee_period", f"{vault.fee_period} seconds"
    if not 0 <= vault.cut_off_period <= MOST_PERIOD_SECONDS:
        yield ".cut_off_period", f"{vault.cut_off_period} seconds"
    yield from _factor(".management_fee_factor", vault.management_fee_factor, MOST_MANAGEMENT_FEE)
    yield from _factor(".performance_fee_factor", vault.performance_fee_factor, MOST_PERFORMANCE_FEE)
    yield from _dates(vault)
    yield from _holders(vault.total_units, vault.units)
    yield from _numbers(vault)
    if vault.pending_update is not None:
        yield from _pending(vault.pending_update)


def _factor(place: str, text: str, most: int) -> Sentences:
    try:
        factor(text or "0", most)
    except ChainError as problem:
        yield place, problem.log


def _pending(pending: PendingUpdate) -> Sentences:
    place = ".pending_update"
    if pending.management_fee_factor is not None:
        yield from _factor(f"{place}.management_fee_factor", pending.management_fee_factor, MOST_MANAGEMENT_FEE)
    if pending.performance_fee_factor is not None:
        yield from _factor(f"{place}.performance_fee_factor", pending.performance_fee_factor, MOST_PERFORMANCE_FEE)
    if pending.fee_period is not None and not 0 < pending.fee_period <= MOST_PERIOD_SECONDS:
        yield f"{place}.fee_period", f"{pending.fee_period} seconds"
    if pending.cut_off_period is not None and not 0 <= pending.cut_off_period <= MOST_PERIOD_SECONDS:
        yield f"{place}.cut_off_period", f"{pending.cut_off_period} seconds"


def _dates(vault: Vault) -> Sentences:
    try:
        require_valid_dates(vault.redemption_dates)
    except ChainError as problem:
        yield ".redemption_dates", problem.log
    status = vault.status or ACTIVE
    if status not in (ACTIVE, STOPPING, STOPPED):
        yield ".status", "must be ACTIVE, STOPPING or STOPPED"
    elif (status == ACTIVE) != bool(vault.redemption_dates):
        yield ".redemption_dates", "an active vault has upcoming dates, any other has none"


def _holders(total_units: str, holders: tuple[PartyUnits, ...]) -> Sentences:
    seen: dict[str, int] = {}
    for index, holder in enumerate(holders):
        if not is_bech32(holder.party):
            yield f".units[{index}].party", f"{holder.party!r} is no address"
        if not _is_amount(holder.units) or int(holder.units) == 0:
            yield f".units[{index}].units", "must be a positive integer"
        party = holder.party.lower()
        if party in seen:
            yield f".units[{index}].party", f"is also units[{seen[party]}]"
        seen.setdefault(party, index)
    if not _is_amount(total_units or "0"):
        yield ".total_units", "must be an integer"
    elif total_units and sum(int(holder.units) for holder in holders if _is_amount(holder.units)) != int(total_units):
        yield ".total_units", "is not the sum of all units"


def _numbers(vault: Vault) -> Sentences:
    for name, text, least in (("invested_amount", vault.invested_amount or "0", 0), ("high_water_mark", "", ONE_FIXED)):
        text = text or vault.high_water_mark or "1"
        try:
            is_low = fixed_from_text(text) < least
        except ValueError as problem:
            yield f".{name}", str(problem)
            continue
        if is_low:
            yield f".{name}", "is too low"
    if vault.status == STOPPED and (vault.units or vault.buckets):
        yield ".status", "a stopped vault has neither holders nor late redemptions"


def _request(request: RedemptionRequest, vaults: Mapping[str, int]) -> Sentences:
    if request.id == 0:
        yield ".id", "ids count from 1"
    if request.vault_id not in vaults:
        yield ".vault_id", f"there is no vault {request.vault_id!r}"
    if not is_bech32(request.party):
        yield ".party", f"{request.party!r} is no address"
    for name in ("amount_requested", "remaining", "due"):
        if getattr(request, name) not in ("", ALL) and not _is_amount(getattr(request, name)):
            yield f".{name}", f"must be an integer or {ALL}"
    for name in ("amount_received", "cancelled_amount", "written_off"):
        if not _is_amount(getattr(request, name) or "0"):
            yield f".{name}", "must be an integer"
    if request.status not in (0, status_of(request)):
        yield ".status", "contradicts remaining and due"


def status_of(request: RedemptionRequest) -> int:
    """The status that a request's amounts say; what is absent is nothing due, and all of it still asked for."""
    remaining = request.remaining or request.amount_requested or ALL
    return LATE if request.due not in ("", "0") else PENDING if remaining != "0" else COMPLETED


def _claims(section: GenesisState) -> list[Problem]:
    """What a vault's buckets claim must be what its requests are due, request by request."""
    claimed: dict[tuple[str, int], int | str] = {}
    problems: list[Problem] = []
    for index, vault in enumerate(section.vaults):
        dates = [bucket.date for bucket in vault.buckets]
        for place, bucket in enumerate(vault.buckets):
            path = f"$.vaults[{index}].buckets[{place}]"
            if bucket.date in dates[:place]:
                problems.append(Problem(path, f"has the date of buckets[{dates.index(bucket.date)}]"))
            problems += [Problem(path, text) for text in _bucket(bucket, vault.id, claimed)]
    for index, request in enumerate(section.requests):
        found = str(claimed.pop((request.vault_id, request.id), 0))
        if found != (request.due or "0"):
            problems.append(Problem(f"$.requests[{index}].due", f"is not what the buckets claim, {found}"))
    return problems + [
        Problem("$.vaults", f"a bucket of {vault_id} names request {number}, which it does not have")
        for vault_id, number in claimed
    ]


def _bucket(bucket: LateBucket, vault_id: str, claimed: dict[tuple[str, int], int | str]) -> Iterator[str]:
    """What is wrong about one bucket; adds its claims to those of the buckets before it."""
    seen: list[int] = []
    for claim in bucket.claims:
        number = claim.request_id
        if number in seen:
            yield f"request {number} is there twice"
        seen.append(number)
        if claim.amount != ALL and (not _is_amount(claim.amount) or claim.amount == "0"):
            yield f"request {number}: must be a positive integer or {ALL}"
            continue
        before = claimed.get((vault_id, number), 0)
        follows = ALL in (claim.amount, before)
        claimed[vault_id, number] = ALL if follows else int(before) + int(claim.amount)


def _ends(section: GenesisState) -> list[Problem]:
    """A stopped vault has no open request; a stopping one owes every holder all that it holds."""
    problems: list[Problem] = []
    status = {vault.id: vault.status for vault in section.vaults}
    follow = {(one.vault_id, one.party.lower()) for one in section.requests if one.due == ALL}
    for index, vault in enumerate(section.vaults):
        for place, holder in enumerate(vault.units if vault.status == STOPPING else ()):
            if (vault.id, holder.party.lower()) not in follow:
                path = f"$.vaults[{index}].units[{place}]"
                problems.append(Problem(path, f"no request of a stopping vault's holder is due {ALL}"))
    for index, request in enumerate(section.requests):
        if status.get(request.vault_id) == STOPPED and status_of(request) != COMPLETED:
            problems.append(Problem(f"$.requests[{index}].status", "is open, and its vault is stopped"))
    return problems


def _is_amount(text: str) -> bool:
    amount = whole_number(text)
    if amount is None:
        return False
    return amount.bit_length() <= MOST_BITS and (text == "0" or text[0] != "0")
