"""What bad and busy clients do to a node; each attack returns a line about what it did."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc.aio

from vaultsim.pb.cosmos.authz.v1beta1 import MsgExec
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, TxBody, TxRaw
from vaultsim.pb.dydxprotocol.subaccounts import QueryGetSubaccountRequest
from vaultsim.pb.registry import pack
from vaultsim.pb.runtime import replace
from vaultsim.testing.accounts import ALICE, BOB
from vaultsim.testing.keys import signed_tx
from vaultsim.x.assets.types import USDC_DENOM

Doors = dict[str, Any]
Attack = Callable[[Doors], Awaitable[str]]
HTTP = ("rpc", "lcd", "indexer")
CONNECTIONS = 2_000
SEND = MsgSend(from_address=ALICE.address, to_address=BOB.address, amount=(Coin(denom=USDC_DENOM, amount="5"),))
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def address(doors: Doors, door: str) -> tuple[str, int]:
    """Host and port of a door."""
    host, _, port = (doors["grpc"] if door == "grpc" else urlsplit(doors[door]).netloc).rpartition(":")
    return host, int(port)


async def opened(doors: Doors, door: str, count: int, greeting: bytes = b"") -> list[Stream]:
    """So many connections, each with a greeting."""
    streams: list[Stream] = []
    for start in range(0, count, 100):
        batch = [asyncio.open_connection(*address(doors, door)) for _ in range(start, min(start + 100, count))]
        streams += await asyncio.gather(*batch)
    for _, writer in streams:
        writer.write(greeting)
    return streams


def closed(streams: list[Stream]) -> None:
    """Ends them without a word."""
    for _, writer in streams:
        writer.transport.abort()


async def idle_connections(doors: Doors) -> str:
    """2,000 connections on each door that say nothing."""
    held = [await opened(doors, door, CONNECTIONS) for door in ("grpc", *HTTP)]
    await asyncio.sleep(5)
    for streams in held:
        closed(streams)
    return f"{CONNECTIONS:,} silent connections on each of 4 doors for 5 s"


async def half_requests(doors: Doors) -> str:
    """2,000 requests a door that never end."""
    greeting = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"
    held = [await opened(doors, door, CONNECTIONS, greeting) for door in HTTP]
    left = 0
    for streams in held:
        waited = [asyncio.wait_for(reader.read(), 30) for reader, _ in streams]
        ends = await asyncio.gather(*waited, return_exceptions=True)
        left += sum(isinstance(end, TimeoutError) for end in ends)
        closed(streams)
    return f"{CONNECTIONS:,} half requests on each of 3 doors; {left} were not ended by the node"


async def busy_connections(doors: Doors) -> str:
    """2,000 connections that ask five times each."""
    streams = await opened(doors, "rpc", CONNECTIONS)
    codes: Counter[str] = Counter()

    async def ask(stream: Stream) -> None:
        reader, writer = stream
        for _ in range(5):
            writer.write(b"GET /status HTTP/1.1\r\nhost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            codes[head.split()[1].decode()] += 1
            size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(size.split(b":")[1]))

    await asyncio.gather(*(ask(stream) for stream in streams))
    closed(streams)
    return f"{CONNECTIONS:,} connections with 5 requests each: " + ", ".join(f"{n:,} × {c}" for c, n in codes.items())


async def garbage(doors: Doors) -> str:
    """Random bytes at every port."""
    drawn = random.Random(7)
    for door in ("grpc", *HTTP):
        for _ in range(10):
            streams = await opened(doors, door, 50)
            for _, writer in streams:
                writer.write(drawn.randbytes(drawn.randrange(1, 50_000)))
            await asyncio.sleep(0.05)
            closed(streams)
    return "500 random blobs at each of 4 doors"


async def silent_readers(doors: Doors) -> str:
    """Clients that ask for much and read nothing."""
    asked = b"GET /genesis HTTP/1.1\r\nhost: x\r\n\r\n" * 20
    streams = await opened(doors, "rpc", 500, asked)
    for reader, writer in streams:
        reader._limit = 1  # type: ignore[attr-defined]
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(8)
    closed(streams)
    return "500 clients ask for 20 genesis documents each and read none for 8 s"


async def subscribers(doors: Doors) -> str:
    """Subscriptions to blocks; half of the clients never read."""
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET /websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"
    ).encode()
    asks = [
        json.dumps({"jsonrpc": "2.0", "id": n, "method": "subscribe", "params": {"query": query}}).encode()
        for n, query in enumerate(("tm.event = 'NewBlock'", "tm.event = 'Tx'", "tm.event = 'NewBlockHeader'"))
    ]
    frames = b"".join(b"\x81" + bytes([0x80 | 126]) + len(one).to_bytes(2, "big") + bytes(4) + one for one in asks)
    streams = await opened(doors, "rpc", 500, head)
    await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader, _ in streams))
    for _, writer in streams:
        writer.write(frames)
    for _, writer in streams[250:]:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    got = 0

    async def drain(reader: asyncio.StreamReader) -> None:
        nonlocal got
        while part := await reader.read(65_536):
            got += len(part)

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*(drain(reader) for reader, _ in streams[:250])), 10)
    closed(streams)
    return f"500 WebSockets × 3 subscriptions for 10 s, 250 never read; the others got {got / 1e6:.0f} MB"


async def distinct_queries(doors: Doors) -> str:
    """Questions that nobody asked before."""
    async with grpc.aio.insecure_channel(doors["grpc"]) as channel:
        ask = channel.unary_unary("/dydxprotocol.subaccounts.Query/Subaccount")
        for start in range(0, 20_000, 200):
            numbers = range(start, start + 200)
            requests = [QueryGetSubaccountRequest(owner=ALICE.address, number=n).encode() for n in numbers]
            await asyncio.gather(*(ask(raw) for raw in requests))
        large = QueryGetSubaccountRequest(owner="x" * 3_000_000).encode()
        refused = await asyncio.gather(*(ask(large + bytes([8, n])) for n in range(50)), return_exceptions=True)
    return f"20,000 distinct queries, 50 of 3 MB ({sum(isinstance(one, grpc.RpcError) for one in refused)} refused)"


async def broken_transactions(doors: Doors) -> str:
    """Mutations of a good transaction, deep nesting, and the largest size."""
    drawn = random.Random(11)
    good = signed_tx(SEND, by="alice", chain_id=doors["chain_id"], account_number=0, sequence=0)
    raws = []
    for _ in range(5_000):
        mutated = bytearray(good)
        for _ in range(drawn.randrange(1, 5)):
            mutated[drawn.randrange(len(mutated))] = drawn.randrange(256)
        raws.append(bytes(mutated[: drawn.randrange(1, len(mutated) + 1)]))
    inner = pack(SEND)
    for _ in range(5_000):
        inner = pack(MsgExec(grantee=ALICE.address, msgs=(inner,)))
        if len(inner.value) > 900_000:
            break
    raws += [replace(TxRaw.decode(good), body_bytes=TxBody(messages=(inner,)).encode()).encode()] * 10
    raws += [bytes(1_048_577), drawn.randbytes(1_000_000)] * 10
    return await sent(doors, raws)


async def replays(doors: Doors) -> str:
    """Good transactions, each three times."""
    raws = [
        signed_tx(SEND, by="alice", chain_id=doors["chain_id"], account_number=0, sequence=number)
        for number in range(300)
    ]
    return await sent(doors, [raw for raw in raws for _ in range(3)], at_once=1)


async def sent(doors: Doors, raws: list[bytes], *, at_once: int = 50) -> str:
    """Broadcasts all of them; tells how many got which code."""
    codes: Counter[str] = Counter()
    async with grpc.aio.insecure_channel(doors["grpc"]) as channel:
        broadcast = channel.unary_unary("/cosmos.tx.v1beta1.Service/BroadcastTx")

        async def one(raw: bytes) -> None:
            request = BroadcastTxRequest(tx_bytes=raw, mode=BroadcastMode.BROADCAST_MODE_SYNC).encode()
            try:
                answer = BroadcastTxResponse.decode(await broadcast(request, timeout=30)).tx_response
                codes["accepted" if not answer.code else f"{answer.codespace} {answer.code}"] += 1  # type: ignore[union-attr]
            except grpc.RpcError as refused:
                codes[refused.code().name] += 1

        for start in range(0, len(raws), at_once):
            await asyncio.gather(*(one(raw) for raw in raws[start : start + at_once]))
    return f"{len(raws):,} transactions: " + ", ".join(f"{n:,} × {code}" for code, n in codes.most_common(8))


def recorded_transactions(folder: Path) -> Attack:
    """Every transaction of the recorded runs in `folder`: of other chains, most of them, and many broken on purpose."""

    async def attack(doors: Doors) -> str:
        raws = []
        for path in sorted(folder.glob("*/submit.jsonl")):
            for line in path.read_text().splitlines():
                block = json.loads(line)
                texts = [*block.get("submit", ()), *block.get("include", ())]
                raws += [base64.b64decode(one) for one in texts if isinstance(one, str)]
        return await sent(doors, raws)

    return attack


ATTACKS: tuple[Attack, ...] = (
    idle_connections,
    half_requests,
    busy_connections,
    garbage,
    silent_readers,
    subscribers,
    distinct_queries,
    broken_transactions,
    replays,
)
