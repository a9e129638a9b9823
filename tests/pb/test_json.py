"""Proto JSON as the SDK writes and reads it."""

from __future__ import annotations

import pytest

from vaultsim.lib.ints import NIL_INT
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, ModuleAccount
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.query.v1beta1 import PageResponse
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.cosmos.tx.v1beta1 import TxBody, TxRaw
from vaultsim.pb.dydxprotocol.blocktime import AllDowntimeInfo, BlockInfo, DowntimeParams
from vaultsim.pb.dydxprotocol.clob import MsgCancelOrder, OperationRaw, Order, OrderId
from vaultsim.pb.dydxprotocol.govplus import MsgSlashValidator
from vaultsim.pb.dydxprotocol.vault import NumShares, QuotingParams, Vault, VaultId, VaultParams
from vaultsim.pb.google.protobuf import Any, Duration, Timestamp
from vaultsim.pb.json_text import go_int
from vaultsim.pb.registry import pack
from vaultsim.pb.runtime import JsonError


def test_defaults_are_shown() -> None:
    assert VaultParams().to_json() == {"status": "VAULT_STATUS_UNSPECIFIED", "quoting_params": None}
    assert NumShares().to_json() == {"num_shares": "0"}
    assert PageResponse().to_json() == {"next_key": None, "total": "0"}
    assert Vault(vault_id=VaultId(type=1, number=7), most_recent_client_ids=(1, 2)).to_json() == {
        "vault_id": {"type": "VAULT_TYPE_CLOB", "number": 7},
        "vault_params": {"status": "VAULT_STATUS_UNSPECIFIED", "quoting_params": None},
        "most_recent_client_ids": [1, 2],
    }


def test_an_unset_oneof_is_left_out() -> None:
    assert "good_til_block" not in MsgCancelOrder().to_json()
    assert MsgCancelOrder(good_til_block=0).to_json()["good_til_block"] == 0


def test_64_bit_integers_are_text() -> None:
    shown = Order(quantums=2**63, order_id=OrderId(client_id=5)).to_json()
    assert (shown["quantums"], shown["order_id"]["client_id"]) == (str(2**63), 5)


def test_an_unknown_enum_number_is_shown_as_a_number() -> None:
    assert VaultId(type=7).to_json()["type"] == 7
    assert VaultId.from_json({"type": 7}).type == 7


def test_an_any_shows_the_fields_of_its_message() -> None:
    send = MsgSend(from_address="a", to_address="b", amount=(Coin(denom="c", amount="1"),))
    inner = {"from_address": "a", "to_address": "b", "amount": [{"denom": "c", "amount": "1"}]}
    body = TxBody(messages=(pack(send),))
    assert body.to_json()["messages"] == [{"@type": "/cosmos.bank.v1beta1.MsgSend", **inner}]
    assert TxBody.from_json(body.to_json()) == body


def test_bytes_are_base64() -> None:
    key = PubKey(key=b"\xff\xfe\xfd")
    assert key.to_json() == {"key": "//79"}
    assert PubKey.from_json({"key": "__79"}) == key


def test_an_embedded_account_keeps_its_field() -> None:
    account = ModuleAccount(base_account=BaseAccount(address="x"), name="gov", permissions=("burner",))
    shown = account.to_json()
    assert shown["base_account"] == {"address": "x", "pub_key": None, "account_number": "0", "sequence": "0"}
    assert ModuleAccount.from_json(shown) == account


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (Timestamp(seconds=1_700_000_060), "2023-11-14T22:14:20Z"),
        (Timestamp(seconds=0, nanos=500_000_000), "1970-01-01T00:00:00.500Z"),
        (Timestamp(seconds=0, nanos=1), "1970-01-01T00:00:00.000000001Z"),
        (Timestamp(seconds=-62_135_596_800), "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339(moment: Timestamp, text: str) -> None:
    assert BlockInfo(timestamp=moment).to_json()["timestamp"] == text
    assert BlockInfo.from_json({"timestamp": text}).timestamp == moment


def test_a_time_with_an_offset_is_read() -> None:
    assert BlockInfo.from_json({"timestamp": "1970-01-01T02:00:00.25+02:00"}).timestamp == Timestamp(nanos=250_000_000)


def test_durations_are_seconds() -> None:
    params = DowntimeParams(durations=(Duration(seconds=300), Duration(seconds=1, nanos=500_000_000)))
    assert params.to_json() == {"durations": ["300s", "1.500s"]}
    assert DowntimeParams.from_json({"durations": ["300s", "1.5s"]}) == params


def test_decimals_have_eighteen_places() -> None:
    slash = MsgSlashValidator(slash_factor="50000000000000000")
    assert slash.to_json()["slash_factor"] == "0.050000000000000000"
    assert MsgSlashValidator.from_json({"slash_factor": "0.05"}).slash_factor == "50000000000000000"


def test_both_spellings_of_a_name_and_null_are_read() -> None:
    assert VaultParams.from_json({"quotingParams": None, "status": "VAULT_STATUS_QUOTING"}).status == 3
    params = QuotingParams.from_json({"activationThresholdQuoteQuantums": "1000000000", "layers": "2"})
    assert (params.activation_threshold_quote_quantums, params.layers) == (1_000_000_000, 2)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0x10", 16),
        ("0b1", 1),
        ("1_000", 1000),
        ("-5", -5),
        ("+5", 5),
        ("017", 15),
        ("0o17", 15),
        ("0", 0),
        ("-0x10", -16),
    ],
)
def test_big_integers_are_read_as_go_reads_them(text: str, number: int) -> None:
    assert go_int(text) == number
    assert NumShares.from_json({"num_shares": text}).num_shares == number


@pytest.mark.parametrize("text", ["", " 1", "1 ", "--1", "+-1", "1.0", "0x", "09", "_1", "1__0", "\u0661"])
def test_other_texts_are_no_integers(text: str) -> None:
    with pytest.raises(JsonError):
        NumShares.from_json({"num_shares": text})


def test_an_absent_big_integer_stays_nil() -> None:
    assert NumShares.from_json({}).num_shares is NIL_INT


@pytest.mark.parametrize(
    ("cls", "obj", "path"),
    [
        (VaultParams, {"statuss": 1}, "$.statuss"),
        (VaultParams, {"quoting_params": {"layers": -1}}, "$.quoting_params.layers"),
        (VaultParams, {"quoting_params": []}, "$.quoting_params"),
        (VaultParams, {"status": "NOPE"}, "$.status"),
        (Vault, {"most_recent_client_ids": [1, True]}, "$.most_recent_client_ids[1]"),
        (Vault, {"most_recent_client_ids": 1}, "$.most_recent_client_ids"),
        (TxBody, {"messages": [{"@type": "/nope"}]}, "$.messages[0].@type"),
        (TxBody, {"messages": [{"type": "x"}]}, "$.messages[0].@type"),
        (PubKey, {"key": "*"}, "$.key"),
        (Order, {"good_til_block": 1, "good_til_block_time": 2}, "$.good_til_block_time"),
        (AllDowntimeInfo, {"infos": [{"duration": "5"}]}, "$.infos[0].duration"),
        (BlockInfo, {"timestamp": "2023-02-30T00:00:00Z"}, "$.timestamp"),
        (BlockInfo, {"height": 1.0}, "$.height"),
    ],
)
def test_a_misfit_names_its_place(cls: type[VaultParams], obj: object, path: str) -> None:
    with pytest.raises(JsonError) as caught:
        cls.from_json(obj)
    assert caught.value.path == path


def test_unknown_fields_may_be_ignored() -> None:
    read = VaultParams.from_json({"status": 2, "later": {}, "quoting_params": {"x": 1}}, ignore_unknown=True)
    assert read == VaultParams(status=2, quoting_params=QuotingParams())


def test_an_unknown_type_cannot_be_shown() -> None:
    with pytest.raises(JsonError):
        TxBody(messages=(Any(type_url="/nope"),)).to_json()


def test_empty_bytes_are_null_but_in_a_list_and_in_a_oneof_they_count() -> None:
    # Go: a nil slice is null, a decoded empty element or oneof member is an empty slice, which is ""
    tx = TxRaw(signatures=(b"", b"x"))
    assert tx.to_json() == {"body_bytes": None, "auth_info_bytes": None, "signatures": ["", "eA=="]}
    assert TxRaw.from_json(tx.to_json()) == tx
    operation = OperationRaw(short_term_order_placement=b"")
    assert operation.to_json() == {"short_term_order_placement": ""}
    assert OperationRaw.from_json(operation.to_json()) == operation
