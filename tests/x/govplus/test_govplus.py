"""x/govplus: the one message is checked and does nothing."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, Blocks
from vaultsim.address import to_bech32
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.govplus import MsgSlashValidator, MsgSlashValidatorResponse
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.govplus.module import govplus_module
from vaultsim.x.govplus.state import GovplusState

GOOD = MsgSlashValidator(
    authority=GOV_BECH32,
    validator_address=to_bech32(bytes(20), "dydxvalcons"),
    tokens_at_infraction_height=1,
    slash_factor="1000000000000000000",
)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"authority": "x", "validator_address": ""}, 401),
        ({"validator_address": ALICE}, 400),
        ({"tokens_at_infraction_height": 0}, 403),
        ({"slash_factor": "1000000000000000001"}, 402),
        ({"slash_factor": "-1"}, 402),
    ],
)
def test_the_message_is_checked(changes: dict[str, object], code: int) -> None:
    module = govplus_module(GovplusState())
    with pytest.raises(ChainError) as caught:
        module.checks[MsgSlashValidator](replace(GOOD, **changes))
    assert (caught.value.codespace, caught.value.code) == ("govplus", code)


def test_only_the_authorities_pass() -> None:
    state = GovplusState()
    module, ctx = govplus_module(state), Blocks(state.schema).at(1)
    module.checks[MsgSlashValidator](GOOD)
    assert module.handlers[MsgSlashValidator](ctx, GOOD) == MsgSlashValidatorResponse()
    with pytest.raises(ChainError) as caught:
        module.handlers[MsgSlashValidator](ctx, replace(GOOD, authority=ALICE))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
