"""Addresses, against dydx-modules §1.9 and dydx-vault §1."""

from __future__ import annotations

import pytest

from vaultsim.address import InvalidAddress, from_bech32, is_bech32, module_address, module_bech32, to_bech32

KNOWN = {
    "megavault": "dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r",
    "vault-VAULT_TYPE_CLOB-0": "dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0",
    "vault-VAULT_TYPE_CLOB-7": "dydx1c53uruvqn4ss9xg67pn0ealvz3jry8jmq56daz",
    "gov": "dydx10d07y265gmmuvt4z0w9aw880jnsr700jnmapky",
    "delaymsg": "dydx1mkkvp26dngu6n8rmalaxyp3gwkjuzztq5zx6tr",
    "subaccounts": "dydx1v88c3xv9xyv3eetdx0tvcmq7ung3dywp5upwc6",
    "subaccounts:2": "dydx1xs5088vrxmawlyuesrn73vye988ltm6m8hvhfx",
    "insurance_fund": "dydx1c7ptc87hkd54e3r7zjy92q29xkq7t79w64slrq",
    "insurance_fund:2": "dydx1jqr4mke3q0ppzaulqvqg855pdgn6p3zd4f9506",
    "fee_collector": "dydx17xpfvakm2amg962yls6f84z3kell8c5leqdyt2",
    "rewards_treasury": "dydx16wrau2x4tsg033xfrrdpae6kxfn9kyuerr5jjp",
}


@pytest.mark.parametrize(("name", "text"), KNOWN.items())
def test_module_addresses(name: str, text: str) -> None:
    assert module_bech32(name) == text
    assert from_bech32(text) == module_address(name)
    assert to_bech32(module_address(name)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "invalid-owner",
        "dydx1mkkvp26dngu6n8rmalaxyp3gwkjuzztq5zx6tq",
        "cosmos1mkkvp26dngu6n8rmalaxyp3gwkjuzztq5zx6tr",
        "dydx1",
        "Dydx1mkkvp26dngu6n8rmalaxyp3gwkjuzztq5zx6tr",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert not is_bech32(text)
    with pytest.raises(InvalidAddress):
        from_bech32(text)
