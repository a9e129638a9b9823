"""The load's own process, over grpc.aio: `load.py queries TARGET PATH REQUEST COUNT CONNECTIONS STREAMS`, or
`load.py deposits TARGET COUNT`. Prints its figures as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc.aio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, QueryAccountRequest, QueryAccountResponse
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import GetNodeInfoResponse
from vaultsim.pb.cosmos.tx.v1beta1 import BroadcastMode, BroadcastTxRequest, BroadcastTxResponse
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signed_tx

SENDERS = [f"trader{number}" for number in range(40)]
DOLLAR = 1_000_000
POLL_SECONDS = 0.005
_ACCOUNT = "/cosmos.auth.v1beta1.Query/Account"
_NODE_INFO = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo"
_BROADCAST = "/cosmos.tx.v1beta1.Service/BroadcastTx"


def opened(target: str) -> grpc.aio.Channel:
    """A connection of its own: channels share them otherwise."""
    return grpc.aio.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)])


async def queries(target: str, path: str, request: str, count: str, connections: str, streams: str) -> list[float]:
    """Requests a second, p50 and p99 in milliseconds."""
    raw, lanes = bytes.fromhex(request), int(connections) * int(streams)
    channels = [opened(target) for _ in range(int(connections))]
    spent: list[float] = []

    async def lane(number: int, requests: int) -> None:
        ask = channels[number % len(channels)].unary_unary(path)
        for _ in range(requests):
            before = perf_counter()
            await ask(raw)
            spent.append(perf_counter() - before)

    await asyncio.gather(*(lane(number, 20) for number in range(lanes)))
    spent.clear()
    before = perf_counter()
    await asyncio.gather(*(lane(number, int(count) // lanes) for number in range(lanes)))
    seconds = perf_counter() - before
    for channel in channels:
        await channel.close()
    spent.sort()
    return [len(spent) / seconds, spent[len(spent) // 2] * 1e3, spent[len(spent) * 99 // 100] * 1e3]


async def deposits(target: str, count: str) -> float:
    """Committed deposits a second: every sender sends one after the other, all senders at a time."""
    channels = [opened(target) for _ in range(4)]
    each = int(count) // len(SENDERS)
    chain_id = await _chain_id(channels[0])
    work = [await _signed(channels[0], name, chain_id, each) for name in SENDERS]
    before = perf_counter()
    await asyncio.gather(*(_send(channels[place % 4], txs) for place, (_, txs) in enumerate(work)))
    for name, (last, _) in zip(SENDERS, work, strict=True):
        while (await _account(channels[0], name)).sequence < last:
            await asyncio.sleep(POLL_SECONDS)
    seconds = perf_counter() - before
    for channel in channels:
        await channel.close()
    return each * len(SENDERS) / seconds


async def _signed(channel: grpc.aio.Channel, name: str, chain_id: str, count: int) -> tuple[int, list[bytes]]:
    """A sender's sequence after its transactions, and the requests that carry them."""
    account = await _account(channel, name)
    message = MsgDepositToMegavault(
        subaccount_id=SubaccountId(owner=address_of(name), number=0), quote_quantums=1 * DOLLAR
    )
    requests = []
    for sequence in range(account.sequence, account.sequence + count):
        raw = signed_tx(message, by=name, chain_id=chain_id, account_number=account.account_number, sequence=sequence)
        requests.append(BroadcastTxRequest(tx_bytes=raw, mode=BroadcastMode.BROADCAST_MODE_SYNC).encode())
    return account.sequence + count, requests


async def _send(channel: grpc.aio.Channel, requests: list[bytes]) -> None:
    broadcast = channel.unary_unary(_BROADCAST)
    for request in requests:
        response = BroadcastTxResponse.decode(await broadcast(request)).tx_response
        if response is None or response.code:
            raise SystemExit(f"a deposit was refused: {response}")


async def _account(channel: grpc.aio.Channel, name: str) -> BaseAccount:
    request = QueryAccountRequest(address=address_of(name)).encode()
    packed = QueryAccountResponse.decode(await channel.unary_unary(_ACCOUNT)(request)).account
    assert packed is not None
    return BaseAccount.decode(packed.value)


async def _chain_id(channel: grpc.aio.Channel) -> str:
    info = GetNodeInfoResponse.decode(await channel.unary_unary(_NODE_INFO)(b"")).default_node_info
    assert info is not None
    return info.network


if __name__ == "__main__":
    jobs: dict[str, Any] = {"queries": queries, "deposits": deposits}
    print(json.dumps(asyncio.run(jobs[sys.argv[1]](*sys.argv[2:]))))
