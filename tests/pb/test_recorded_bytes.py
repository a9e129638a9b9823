"""Bytes that the real chain wrote, in the recorded runs: rows, transactions, responses of queries."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.vectors.recorded import FOLDER, NAMES, lines
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, TxBody, TxRaw
from vaultsim.pb.dydxprotocol import accountplus, blocktime, clob, delaymsg, epochs, perpetuals, subaccounts, vault
from vaultsim.pb.registry import class_named, reject_unknown_fields, services, unpack
from vaultsim.pb.runtime import DecodeError, Message
from vaultsim.pb.strict import reject_non_adr027

ROWS: dict[str, dict[bytes, type[Message]]] = {
    "vault": {
        b"TotalShares": vault.NumShares,
        b"OwnerShares:": vault.NumShares,
        b"OwnerShareUnlocks:": vault.OwnerShareUnlocks,
        b"DefaultQuotingParams": vault.QuotingParams,
        b"VaultParams:": vault.VaultParams,
        b"OperatorParams": vault.OperatorParams,
    },
    "clob": {
        b"Clob:": clob.ClobPair,
        b"Fill:": clob.OrderFillState,
        b"PO/": clob.OrderId,
        b"SO/": clob.LongTermOrderPlacement,
        b"Exp/": clob.OrderId,
        b"LiqCfg": clob.LiquidationsConfig,
        b"EqTierCfg": clob.EquityTierLimitConfiguration,
        b"RateLimCfg": clob.BlockRateLimitConfiguration,
    },
    "subaccounts": {b"SA:": subaccounts.Subaccount},
    "perpetuals": {
        b"Perp:": perpetuals.Perpetual,
        b"LiqTier:": perpetuals.LiquidityTier,
        b"PremVotes": perpetuals.PremiumStore,
        b"PremSamples": perpetuals.PremiumStore,
    },
    "blocktime": {b"AllDowntimeInfo": blocktime.AllDowntimeInfo, b"PreviousBlockInfo": blocktime.BlockInfo},
    "epochs": {b"Info:": epochs.EpochInfo},
    "delaymsg": {b"BlockMsgIds:": delaymsg.BlockMessageIds, b"Msg:": delaymsg.DelayedMessage},
    "dydxaccountplus": {b"AS/": accountplus.AccountState},
}


def rows(name: str) -> Iterator[tuple[type[Message], bytes]]:
    for block in lines(FOLDER / name / "expected.jsonl.gz"):
        for store, changes in block["changes"].items():
            for key, value in changes.items():
                for prefix, cls in ROWS.get(store, {}).items():
                    if value is not None and bytes.fromhex(key).startswith(prefix):
                        yield cls, bytes.fromhex(value)


def check(cls: type[Message], raw: bytes) -> Message:
    value = cls.decode(raw)
    assert value.encode() == raw
    assert cls.from_json(value.to_json()) == value
    return value


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_the_chain_are_written_as_read(name: str) -> None:
    for cls, raw in rows(name):
        check(cls, raw)


@pytest.mark.parametrize("name", NAMES)
def test_results_of_transactions_are_written_as_read(name: str) -> None:
    for block in lines(FOLDER / name / "expected.jsonl.gz"):
        for result in block.get("txs", []):
            data = check(TxMsgData, base64.b64decode(result.get("data") or ""))
            assert isinstance(data, TxMsgData)
            for packed in data.msg_responses:
                check(type(unpack(packed)), packed.value)


@pytest.mark.parametrize("name", NAMES)
def test_transactions_are_written_as_read(name: str) -> None:
    for block in lines(FOLDER / name / "blocks.jsonl.gz"):
        for text in block["txs"]:
            raw = base64.b64decode(text)
            try:
                reject_non_adr027(raw)
            except DecodeError:
                assert name == "signatures"  # the run that sends broken bytes on purpose
                continue
            check_transaction(raw)


def check_transaction(raw: bytes) -> None:
    assert not reject_unknown_fields(raw, TxRaw, False)
    tx = TxRaw.decode(raw)
    assert tx.encode() == raw
    assert not reject_unknown_fields(tx.body_bytes, TxBody, True)
    assert not reject_unknown_fields(tx.auth_info_bytes, AuthInfo, False)
    check(AuthInfo, tx.auth_info_bytes)
    body = check(TxBody, tx.body_bytes)
    assert isinstance(body, TxBody)
    for packed in body.messages:
        check(type(unpack(packed)), packed.value)


@pytest.mark.parametrize("name", NAMES)
def test_responses_of_queries_are_written_as_read(name: str) -> None:
    methods = {method.path: method for found in services().values() for method in found}
    for query in lines(FOLDER / name / "responses.jsonl.gz"):
        if query.get("code"):
            continue
        cls = class_named(methods[query["path"]].response)
        assert cls is not None
        check(cls, base64.b64decode(query["value"]))
