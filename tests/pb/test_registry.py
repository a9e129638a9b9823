"""The registry, and other owners of the same proto names in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.internal import api_implementation

from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder
from vaultsim.pb.dydxprotocol.vault import (
    MsgDepositToMegavault,
    MsgDepositToMegavaultResponse,
    MsgSetVaultParams,
    VaultStatus,
)
from vaultsim.pb.index import MESSAGES
from vaultsim.pb.registry import class_named, descriptor_pool, message_class, response_class, services

ROOT = Path(__file__).resolve().parents[2]


def test_every_message_loads_and_knows_its_name() -> None:
    for full_name in MESSAGES:
        found = class_named(full_name)
        assert found is not None
        assert (full_name, f"/{full_name}") == (found.FULL_NAME, found.TYPE_URL)
        assert found.decode(found().encode()).encode() == found().encode()


def test_a_type_url_is_a_slash_and_a_known_name() -> None:
    assert message_class("/dydxprotocol.vault.MsgDepositToMegavault") is MsgDepositToMegavault
    assert message_class("dydxprotocol.vault.MsgDepositToMegavault") is None
    assert message_class("/dydxprotocol.vault.Nope") is None


def test_signers_come_from_the_protos() -> None:
    assert MsgSetVaultParams.SIGNERS == ("authority",)
    assert MsgDepositToMegavault.SIGNERS == ("subaccount_id",)
    assert MsgPlaceOrder.SIGNERS == ()


def test_enums_translate_both_ways() -> None:
    assert VaultStatus.VAULT_STATUS_QUOTING == 3
    assert VaultStatus.NAMES[3] == "VAULT_STATUS_QUOTING"
    assert VaultStatus.VALUES["VAULT_STATUS_QUOTING"] == 3


def test_services_name_their_methods_and_routes() -> None:
    methods = {method.name: method for method in services()["dydxprotocol.vault.Query"]}
    assert methods["MegavaultWithdrawalInfo"].routes == (
        ("POST", "/dydxprotocol/vault/megavault/withdrawal_info", "*"),
    )
    assert methods["Vault"].routes == (("GET", "/dydxprotocol/vault/vault/{type}/{number}", ""),)
    assert methods["Vault"].path == "/dydxprotocol.vault.Query/Vault"
    assert response_class(MsgDepositToMegavault.TYPE_URL) is MsgDepositToMegavaultResponse
    assert response_class("/dydxprotocol.clob.Order") is None


def test_every_service_method_has_its_classes() -> None:
    for methods in services().values():
        for method in methods:
            assert class_named(method.request) is not None
            assert class_named(method.response) is not None


def test_protobuf_runs_on_upb_and_the_pool_is_private() -> None:
    assert api_implementation.Type() == "upb"
    found = descriptor_pool().FindMessageTypeByName("dydxprotocol.vault.VaultParams")
    assert found.fields_by_name["status"].number == 1


def test_another_protobuf_runtime_is_refused() -> None:
    program = """
from vaultsim.pb.registry import descriptor_pool
try:
    descriptor_pool()
except RuntimeError:
    print("no")
"""
    environment = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "no\n"


@pytest.mark.parametrize("order", ["first", "last"])
def test_cosmpy_loads_beside_us(order: str) -> None:
    ours = "from vaultsim.pb.registry import descriptor_pool; descriptor_pool()"
    theirs = "from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import GetTxRequest; import cosmpy.aerial.client"
    lines = [ours, theirs] if order == "first" else [theirs, ours]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, "print('both')"])],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "both\n", done.stderr


def test_importing_one_package_leaves_others_alone() -> None:
    program = """
import sys
import vaultsim.pb.dydxprotocol.vault
print([name for name in sys.modules if "tendermint" in name or name == "google.protobuf"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
