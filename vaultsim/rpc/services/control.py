"""The service `vaultsim.control.v1.Control`: what a test author may do to the node, over every door."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vaultsim.address import to_bech32
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.flow_paths import Walk
from vaultsim.node.live.control import Control
from vaultsim.node.live.prices import FollowedFile, PriceSource, RecordedPrices, StaticPrices, WalkingPrices
from vaultsim.node.results import pretty
from vaultsim.pb.google.protobuf import Any as PackedMessage
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import DecodeError, Message
from vaultsim.pb.vaultsim.control import v1
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.table import Answer, Scope, Served, served
from vaultsim.x.bank.types import is_amount
from vaultsim.x.clock import duration_ns, timestamp_ns, timestamp_of

SERVICE: Final = "/vaultsim.control.v1.Control/"
PIECE_BYTES: Final = 1 << 20
"""Bytes of a document in one answer: well below what gRPC clients take by default."""
USUAL_ROWS, MOST_ROWS = 1_000, 10_000
MOST_VOLATILITY_PPM, MOST_JUMPS, MOST_JUMP_PPM = 100_000, 10_000, 300_000
_SCRIPTS: Final[dict[type, str]] = {
    StaticPrices: "static",
    WalkingPrices: "walk",
    RecordedPrices: "csv",
    FollowedFile: "file",
}


class ControlService:
    """Answers the methods; each is one verb of control."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._node = control.node
        self._exported = _Exported("", 0, b"")

    def status(self, _: Scope, __: v1.StatusRequest) -> v1.StatusResponse:
        """What the node is doing."""
        node, source = self._node, self._node.price_source
        return v1.StatusResponse(
            chain_id=node.chain_id,
            height=node.height,
            time=timestamp_of(node.time_ns),
            app_hash=node.app.store.app_hash,
            next_block_time=timestamp_of(node.next_time_ns),
            block_mode=node.block_mode.value,
            is_paused=node.is_paused,
            waiting_txs=len(node.waiting_txs()),
            earliest_state_height=node.past.earliest_height,
            earliest_block_height=node.blocks.earliest_height,
            snapshots=len(node.snapshots),
            impersonated=tuple(to_bech32(address) for address in node.impersonated),
            price_script="" if source is None else _SCRIPTS.get(type(source), "python"),
            price_problem=source.problem if isinstance(source, FollowedFile) else "",
            halted=node.halted or "",
        )

    # --- blocks and time -----------------------------------------------------------------------------------------

    async def advance_blocks(self, _: Scope, request: v1.AdvanceBlocksRequest) -> v1.BlockResponse:
        """Makes blocks; others are heard in between."""
        step_ns = None if request.step is None else duration_ns(request.step)
        with _halting():
            for record in self._control.advancing(request.blocks or 1, step_ns):
                answer = v1.BlockResponse(
                    height=record.height, time=timestamp_of(record.time_ns), app_hash=record.app_hash
                )
                await asyncio.sleep(0)
        return answer

    def advance_time(self, _: Scope, request: v1.AdvanceTimeRequest) -> v1.TimeResponse:
        """Moves the time of coming blocks."""
        return v1.TimeResponse(next_block_time=timestamp_of(self._control.advance_time(duration_ns(request.by))))

    def set_next_block_time(self, _: Scope, request: v1.SetNextBlockTimeRequest) -> v1.TimeResponse:
        """Sets the time of the next block."""
        time_ns = self._control.set_next_block_time(timestamp_ns(request.time))
        return v1.TimeResponse(next_block_time=timestamp_of(time_ns))

    def pause(self, _: Scope, __: v1.PauseRequest) -> v1.PauseResponse:
        """No blocks by themselves."""
        self._control.pause()
        return v1.PauseResponse()

    def resume(self, _: Scope, __: v1.ResumeRequest) -> v1.ResumeResponse:
        """Blocks by themselves again."""
        self._control.resume()
        return v1.ResumeResponse()

    # --- prices --------------------------------------------------------------------------------------------------

    def set_prices(self, _: Scope, request: v1.SetPricesRequest) -> v1.SetPricesResponse:
        """Prices of the next block."""
        self._control.set_prices(_by_market(request.prices))
        return v1.SetPricesResponse()

    def script_prices(self, _: Scope, request: v1.ScriptPricesRequest) -> v1.ScriptPricesResponse:
        """Prices of all coming blocks."""
        self._control.script_prices(price_source(request))
        return v1.ScriptPricesResponse()

    # --- authority and accounts ----------------------------------------------------------------------------------

    def execute_as_authority(self, _: Scope, request: v1.ExecuteAsAuthorityRequest) -> v1.ExecuteAsAuthorityResponse:
        """A block with a proposal of these messages."""
        messages = [_unpacked(packed, index) for index, packed in enumerate(request.messages)]
        with _halting():
            problem = self._control.execute_as_authority(messages).problem
        height = self._node.height
        if problem is None:
            return v1.ExecuteAsAuthorityResponse(height=height)
        return v1.ExecuteAsAuthorityResponse(
            height=height, code=problem.code, codespace=problem.codespace, log=problem.log
        )

    def fund(self, _: Scope, request: v1.FundRequest) -> v1.BlockResponse:
        """A block that gives coins to an account."""
        coins: dict[str, int] = {}
        for coin in request.coins:
            if not coin.amount or not is_amount(coin.amount):
                raise UserError(f"{coin.amount!r} is no amount of {coin.denom}; give a whole number")
            coins[coin.denom] = coins.get(coin.denom, 0) + int(coin.amount)
        with _halting():
            self._control.fund(request.address, coins)
        return self._block()

    def impersonate(self, _: Scope, request: v1.ImpersonateRequest) -> v1.ImpersonateResponse:
        """Unsigned transactions of an account."""
        self._control.impersonate(request.address, not request.stop)
        return v1.ImpersonateResponse()

    # --- state ---------------------------------------------------------------------------------------------------

    def snapshot(self, _: Scope, __: v1.SnapshotRequest) -> v1.SnapshotResponse:
        """Remembers everything."""
        with _halting():
            return v1.SnapshotResponse(id=self._control.snapshot(), height=self._node.height)

    def revert(self, _: Scope, request: v1.RevertRequest) -> v1.BlockResponse:
        """Goes back."""
        self._control.revert(request.id)
        return self._block()

    def list_snapshots(self, _: Scope, __: v1.ListSnapshotsRequest) -> v1.ListSnapshotsResponse:
        """Every snapshot."""
        return v1.ListSnapshotsResponse(
            snapshots=tuple(
                v1.SnapshotEntry(id=one.id, height=one.height, time=timestamp_of(one.time_ns))
                for one in self._control.snapshots()
            )
        )

    def drop_snapshot(self, _: Scope, request: v1.DropSnapshotRequest) -> v1.DropSnapshotResponse:
        """Forgets one."""
        self._control.drop_snapshot(request.id)
        return v1.DropSnapshotResponse()

    def export_genesis(self, _: Scope, request: v1.ExportGenesisRequest) -> v1.ExportGenesisResponse:
        """A piece of the document that was asked for; an empty name makes a new one."""
        if not request.document:
            self._exported = _Exported.of(self._node.height, pretty(self._control.export().to_json()))
        elif request.document != self._exported.name:
            raise RequestFailed(GrpcCode.NOT_FOUND, f"document {request.document!r} is not kept; export again")
        name, height, content = self._exported.name, self._exported.height, self._exported.content
        piece = content[request.offset : request.offset + PIECE_BYTES]
        return v1.ExportGenesisResponse(document=name, height=height, total_bytes=len(content), piece=piece)

    def dump_store(self, _: Scope, request: v1.DumpStoreRequest) -> v1.DumpStoreResponse:
        """A page of a store's rows."""
        limit = min(request.limit or USUAL_ROWS, MOST_ROWS)
        rows = self._control.dump(request.store, request.height or None)
        page: list[v1.StoreRow] = []
        size, following = 0, b""
        for key, value in (row for row in rows if row[0] >= request.start):
            size += len(key) + len(value)
            if len(page) == limit or (page and size > PIECE_BYTES):
                following = key
                break
            page.append(v1.StoreRow(key=key, value=value))
        return v1.DumpStoreResponse(height=request.height or self._node.height, rows=tuple(page), next=following)

    def _block(self) -> v1.BlockResponse:
        node = self._node
        return v1.BlockResponse(height=node.height, time=timestamp_of(node.time_ns), app_hash=node.app.store.app_hash)


class _Exported:
    """A document that is handed out piece by piece."""

    def __init__(self, name: str, height: int, content: bytes) -> None:
        self.name = name
        self.height = height
        self.content = content

    @classmethod
    def of(cls, height: int, content: bytes) -> _Exported:
        return cls(hashlib.sha256(content).hexdigest(), height, content)


def price_source(request: v1.ScriptPricesRequest) -> PriceSource | None:
    """The script that a request describes, None for none. Raises UserError."""
    if request.static is not None:
        return StaticPrices(_by_market(request.static.prices))
    if request.walk is not None:
        return _walk(request.walk)
    if request.csv is not None:
        return RecordedPrices(request.csv.market_id, request.csv.text)
    if request.file is not None:
        return FollowedFile(Path(request.file.path))
    return None


def rows(control: Control) -> list[Served]:
    """The rows of the table, one per method."""
    service = ControlService(control)
    answers: dict[str, Answer] = {
        "Status": service.status,
        "AdvanceBlocks": service.advance_blocks,
        "AdvanceTime": service.advance_time,
        "SetNextBlockTime": service.set_next_block_time,
        "Pause": service.pause,
        "Resume": service.resume,
        "SetPrices": service.set_prices,
        "ScriptPrices": service.script_prices,
        "ExecuteAsAuthority": service.execute_as_authority,
        "Fund": service.fund,
        "Impersonate": service.impersonate,
        "Snapshot": service.snapshot,
        "Revert": service.revert,
        "ListSnapshots": service.list_snapshots,
        "DropSnapshot": service.drop_snapshot,
        "ExportGenesis": service.export_genesis,
        "DumpStore": service.dump_store,
    }
    return [served(SERVICE + name, answer) for name, answer in answers.items()]


def _walk(walk: v1.PriceWalk) -> WalkingPrices:
    how = Walk()
    for name, value, most in (
        ("volatility_ppm", walk.volatility_ppm, MOST_VOLATILITY_PPM),
        ("jumps_per_10000", walk.jumps_per_10000, MOST_JUMPS),
        ("jump_ppm", walk.jump_ppm, MOST_JUMP_PPM),
    ):
        if value > most:
            raise UserError(f"{name}: {value} is more than {most}")
    return WalkingPrices(
        walk.seed,
        Walk(
            volatility_ppm=walk.volatility_ppm or how.volatility_ppm,
            jumps_per_10000=walk.jumps_per_10000,
            jump_ppm=walk.jump_ppm or how.jump_ppm,
        ),
        walk.market_ids,
    )


def _by_market(prices: Iterable[v1.MarketPrice]) -> dict[int, int]:
    return {one.market_id: one.price for one in prices}


def _unpacked(packed: PackedMessage, index: int) -> Message:
    try:
        return unpack(packed)
    except (DecodeError, IndexError) as problem:
        raise UserError(f"messages[{index}]: {problem}") from None


@contextmanager
def _halting() -> Iterator[None]:
    """Tells that the chain halted as an answer to the request."""
    try:
        yield
    except ChainHalted as halt:
        raise RequestFailed(GrpcCode.ABORTED, f"the chain halted: {halt}") from halt
