"""cosmos.tx.v1beta1.Service through the table: what clients read, and what state it leaves."""

from __future__ import annotations

import hashlib

import pytest

from tests.rpc.services.asked import Asked
from vaultsim.address import from_bech32
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend, QueryBalanceRequest, QueryBalanceResponse
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import (
    AuthInfo,
    BroadcastMode,
    BroadcastTxRequest,
    BroadcastTxResponse,
    Fee,
    GetBlockWithTxsRequest,
    GetBlockWithTxsResponse,
    GetTxRequest,
    GetTxResponse,
    GetTxsEventRequest,
    GetTxsEventResponse,
    ModeInfo,
    ModeInfo_Single,
    OrderBy,
    SimulateRequest,
    SimulateResponse,
    Tx,
    TxDecodeRequest,
    TxDecodeResponse,
    TxEncodeRequest,
    TxEncodeResponse,
    TxRaw,
)
from vaultsim.pb.dydxprotocol.clob import LeverageEntry, MsgPlaceOrder, MsgUpdateLeverage, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.rpc.broadcast import Broadcaster, MempoolFull
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.testing.accounts import address_of
from vaultsim.x.assets.types import USDC_DENOM

SERVICE = "/cosmos.tx.v1beta1.Service"
SYNC = BroadcastMode.BROADCAST_MODE_SYNC


@pytest.fixture
def asked() -> Asked:
    return Asked()


def send(amount: int) -> MsgSend:
    coin = Coin(denom=USDC_DENOM, amount=str(amount))
    return MsgSend(from_address=address_of("alice"), to_address=address_of("bob"), amount=(coin,))


def balance(asked: Asked, name: str) -> int:
    request = QueryBalanceRequest(address=address_of(name), denom=USDC_DENOM)
    found = asked.ask("/cosmos.bank.v1beta1.Query/Balance", request, QueryBalanceResponse)
    assert found.balance is not None
    return int(found.balance.amount)


def unsigned(raw: bytes) -> bytes:
    """The transaction as the JS client simulates it: no fee, sign mode 0, one empty signature."""
    parts = TxRaw.decode(raw)
    auth_info = AuthInfo.decode(parts.auth_info_bytes)
    mode = ModeInfo(single=ModeInfo_Single(mode=0))
    signer = replace(auth_info.signer_infos[0], mode_info=mode)
    stripped = AuthInfo(signer_infos=(signer,), fee=Fee()).encode()
    return TxRaw(body_bytes=parts.body_bytes, auth_info_bytes=stripped, signatures=(b"",)).encode()


def broadcast(asked: Asked, raw: bytes, mode: int = SYNC) -> BroadcastTxResponse:
    return asked.ask(f"{SERVICE}/BroadcastTx", BroadcastTxRequest(tx_bytes=raw, mode=mode), BroadcastTxResponse)


def test_a_simulation_tells_the_gas_that_the_block_then_takes(asked: Asked) -> None:
    asked.node.produce_block()
    raw = asked.signed(send(10), by="alice")
    found = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    assert found.gas_info is not None
    broadcast(asked, raw)
    block = asked.node.produce_block()
    sent = next(result for tx, result in zip(block.txs, block.results, strict=True) if tx.raw == raw)
    assert (sent.code, sent.gas_used) == (0, found.gas_info.gas_used)


def test_the_deprecated_field_and_the_bytes_simulate_alike(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice")
    by_bytes = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    by_tx = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx=Tx.decode(raw)), SimulateResponse)
    assert by_tx == by_bytes


def test_a_simulation_needs_no_fee_gas_or_signature_and_keeps_nothing(asked: Asked) -> None:
    before = balance(asked, "alice"), asked.node.app.store.app_hash
    raw = unsigned(asked.signed(send(10), by="alice"))
    found = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    assert found.gas_info is not None
    assert found.gas_info.gas_used > 0
    again = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    assert again == found
    assert (balance(asked, "alice"), asked.node.app.store.app_hash) == before


def test_a_missing_signature_is_paid_for_in_advance(asked: Asked) -> None:
    """112 bytes at 10 gas, and the account read again; the transaction is shorter by fee and signature."""
    signed = asked.signed(send(10), by="alice", fee=0)
    full = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=signed), SimulateResponse)
    bare = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=unsigned(signed)), SimulateResponse)
    assert full.gas_info is not None
    assert bare.gas_info is not None
    shorter = len(signed) - len(unsigned(signed))
    extra = bare.gas_info.gas_used - full.gas_info.gas_used + 10 * shorter
    account = dict(asked.node.app.store.rows("acc"))[b"\x01" + from_bech32(address_of("alice"))]
    assert extra == 112 * 10 + 1_000 + 3 * 21 + 3 * len(account)


def test_a_simulation_that_fails_says_why_and_how_much_gas_it_took(asked: Asked) -> None:
    raw = asked.signed(send(10**20), by="alice")
    with pytest.raises(RequestFailed, match=r"insufficient funds with gas used: '\d+'") as failed:
        asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    assert failed.value.status == GrpcCode.UNKNOWN


def test_leverage_is_simulated_and_an_order_is_not_as_on_the_chain(asked: Asked) -> None:
    """The JS client simulates the former and never the latter; clob transactions take no gas."""
    alice = SubaccountId(owner=address_of("alice"))
    leverage = MsgUpdateLeverage(
        subaccount_id=alice, clob_pair_leverage=(LeverageEntry(clob_pair_id=0, custom_imf_ppm=200_000),)
    )
    raw = asked.signed(leverage, by="alice")
    found = asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)
    assert found.gas_info is not None
    assert found.gas_info.gas_used == 0
    assert found.result is not None
    assert [one.type_url for one in found.result.msg_responses] == ["/dydxprotocol.clob.MsgUpdateLeverageResponse"]
    order = MsgPlaceOrder(
        order=Order(
            order_id=OrderId(subaccount_id=alice, order_flags=64),
            side=1,
            quantums=10_000_000,
            subticks=9_000_000_000,
            good_til_block_time=asked.node.time_ns // 10**9 + 60,
        )
    )
    with pytest.raises(RequestFailed, match="recovered: assert deliverTx mode failed"):
        asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=asked.signed(order, by="alice")), SimulateResponse)


def test_a_wrong_sequence_fails_in_simulation_too(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice", sequence=77)
    with pytest.raises(RequestFailed, match="account sequence mismatch, expected 0, got 77"):
        asked.ask(f"{SERVICE}/Simulate", SimulateRequest(tx_bytes=raw), SimulateResponse)


def test_a_broadcast_transaction_is_found_in_its_block(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice")
    before = balance(asked, "bob")
    answer = broadcast(asked, raw).tx_response
    assert answer is not None
    expected_hash = hashlib.sha256(raw).hexdigest().upper()
    assert (answer.code, answer.txhash, answer.height) == (0, expected_hash, 0)
    with pytest.raises(RequestFailed, match="tx not found") as failed:
        asked.ask(f"{SERVICE}/GetTx", GetTxRequest(hash=expected_hash), GetTxResponse)
    assert failed.value.status == GrpcCode.NOT_FOUND
    asked.node.produce_block()
    found = asked.ask(f"{SERVICE}/GetTx", GetTxRequest(hash=expected_hash), GetTxResponse)
    assert found.tx == Tx.decode(raw)
    assert found.tx_response is not None
    assert found.tx_response.height == asked.node.height
    assert found.tx_response.tx is not None
    assert found.tx_response.tx.value == raw
    assert "transfer" in [event.type for event in found.tx_response.events]
    assert balance(asked, "bob") == before + 10


def test_a_rejected_transaction_carries_codespace_and_code(asked: Asked) -> None:
    answer = broadcast(asked, asked.signed(send(10), by="alice", fee=1)).tx_response
    assert answer is not None
    assert (answer.codespace, answer.code) == ("sdk", 13)
    assert "insufficient fees" in answer.raw_log


def test_the_same_bytes_are_taken_once(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice")
    broadcast(asked, raw)
    for _ in range(2):
        again = broadcast(asked, raw).tx_response
        assert again is not None
        assert (again.codespace, again.code) == ("sdk", 19)
        asked.node.produce_block()


def test_a_rejected_transaction_may_be_sent_again(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice", sequence=1)
    first = broadcast(asked, raw).tx_response
    assert first is not None
    assert first.code == 32
    broadcast(asked, asked.signed(send(5), by="alice"))
    second = broadcast(asked, raw).tx_response
    assert second is not None
    assert second.code == 0


def test_async_answers_with_the_hash_alone(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice", fee=1)
    answer = broadcast(asked, raw, BroadcastMode.BROADCAST_MODE_ASYNC).tx_response
    assert answer is not None
    assert (answer.code, answer.txhash) == (0, hashlib.sha256(raw).hexdigest().upper())


@pytest.mark.parametrize("mode", [0, 1, 9])
def test_other_broadcast_modes_are_refused(asked: Asked, mode: int) -> None:
    with pytest.raises(RequestFailed, match="supported types: sync, async"):
        broadcast(asked, asked.signed(send(10), by="alice"), mode)


@pytest.mark.parametrize("text", ["", "zz", "AB" * 31 + "A"])
def test_a_hash_that_is_none_is_an_invalid_argument(asked: Asked, text: str) -> None:
    with pytest.raises(RequestFailed) as failed:
        asked.ask(f"{SERVICE}/GetTx", GetTxRequest(hash=text), GetTxResponse)
    assert failed.value.status == GrpcCode.INVALID_ARGUMENT


def test_a_block_is_given_with_its_transactions(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice")
    broadcast(asked, raw)
    height = asked.node.produce_block().height
    request = GetBlockWithTxsRequest(height=height)
    found = asked.ask(f"{SERVICE}/GetBlockWithTxs", request, GetBlockWithTxsResponse)
    assert Tx.decode(raw) in found.txs
    assert found.block is not None
    assert raw in found.block.data.txs
    assert found.pagination is not None
    assert found.pagination.total == len(found.block.data.txs)


def test_a_block_that_is_not_there_yet_is_refused(asked: Asked) -> None:
    for height in (-1, 0, asked.node.height + 1):
        with pytest.raises(RequestFailed, match="less than 1 or greater than the current height"):
            asked.ask(f"{SERVICE}/GetBlockWithTxs", GetBlockWithTxsRequest(height=height), GetBlockWithTxsResponse)


def test_transactions_are_decoded_and_encoded(asked: Asked) -> None:
    raw = asked.signed(send(10), by="alice")
    decoded = asked.ask(f"{SERVICE}/TxDecode", TxDecodeRequest(tx_bytes=raw), TxDecodeResponse)
    assert decoded.tx == Tx.decode(raw)
    encoded = asked.ask(f"{SERVICE}/TxEncode", TxEncodeRequest(tx=decoded.tx), TxEncodeResponse)
    assert encoded.tx_bytes == raw


def test_transactions_are_found_by_their_events(asked: Asked) -> None:
    raws = []
    for amount in (10, 20, 30):
        raws.append(asked.signed(send(amount), by="alice"))
        broadcast(asked, raws[-1])
        asked.node.produce_block()
    query = f"transfer.recipient='{address_of('bob')}'"
    path = f"{SERVICE}/GetTxsEvent"
    found = asked.ask(path, GetTxsEventRequest(query=query), GetTxsEventResponse)
    assert (found.total, list(found.txs)) == (3, [Tx.decode(raw) for raw in raws])
    newest = GetTxsEventRequest(events=(query,), order_by=OrderBy.ORDER_BY_DESC, page=2, limit=1)
    page = asked.ask(path, newest, GetTxsEventResponse)
    assert [one.tx.value for one in page.tx_responses if one.tx] == [raws[1]]
    assert page.total == 3


def test_a_query_that_is_none_is_an_invalid_argument(asked: Asked) -> None:
    with pytest.raises(RequestFailed) as failed:
        asked.ask(f"{SERVICE}/GetTxsEvent", GetTxsEventRequest(query="tx.height >> 5"), GetTxsEventResponse)
    assert failed.value.status == GrpcCode.INVALID_ARGUMENT


def test_a_search_gives_100_at_a_time_and_refuses_a_page_that_is_not_there(asked: Asked) -> None:
    """As the SDK 0.50; a block holds four transactions of the proposer's own."""
    path = f"{SERVICE}/GetTxsEvent"
    for _ in range(26):
        asked.node.produce_block()
    pages = [
        asked.ask(path, GetTxsEventRequest(query="tx.height>1", page=page), GetTxsEventResponse) for page in (0, 1, 2)
    ]
    assert [len(found.txs) for found in pages] == [100, 100, 4]
    with pytest.raises(RequestFailed, match=r"page should be within \[1, 2\] range, given 3"):
        asked.ask(path, GetTxsEventRequest(query="tx.height>1", page=3), GetTxsEventResponse)


def test_a_full_mempool_refuses_until_a_block_came(asked: Asked) -> None:
    crowded = Broadcaster(asked.node, most_waiting=2)
    for amount in (1, 2):
        crowded.submit(asked.signed(send(amount), by="alice"))
    third = asked.signed(send(3), by="alice")
    with pytest.raises(MempoolFull, match=r"mempool is full: number of txs 2 \(max: 2\)") as full:
        crowded.submit(third)
    assert full.value.code == 20
    asked.node.produce_block()
    assert crowded.submit(third).check.code == 0


def test_a_transaction_of_more_than_a_mebibyte_is_refused(asked: Asked) -> None:
    answer = broadcast(asked, bytes(1_048_577)).tx_response
    assert answer is not None
    assert (answer.codespace, answer.code) == ("sdk", 21)
