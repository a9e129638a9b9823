"""x/auth: rows, numbers, genesis. Expected bytes: dydx-modules §1.11 and the recorded run `ledger`."""

from __future__ import annotations

from typing import Any as Json

import pytest

from tests.app.small_chain import ALICE, BOB, CARL, SmallChain
from vaultsim.address import module_address, module_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb import registry
from vaultsim.pb.cosmos.auth.v1beta1 import (
    BaseAccount,
    GenesisState,
    ModuleAccount,
    QueryAccountRequest,
    QueryAccountsRequest,
    QueryModuleAccountByNameRequest,
)
from vaultsim.pb.google.protobuf import Any
from vaultsim.store.multistore import MultiStore
from vaultsim.x.auth.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.query_server import QueryServer
from vaultsim.x.auth.state import AuthState
from vaultsim.x.auth.types import ACCOUNT, base_of, from_any, with_base
from vaultsim.x.sdk_errors import NotFound

# Row of a module account and of a plain one with a key, as the chain wrote them.
DISTRIBUTION_ROW = (
    "0a222f636f736d6f732e617574682e763162657461312e4d6f64756c654163636f756e74123f0a2f0a2b64796478316a763635"
    "733367727166367636616a6c336470347436633974396b3939636438777832636667181f120c646973747269627574696f6e"
)
SIGNED_ROW = (
    "0a202f636f736d6f732e617574682e763162657461312e426173654163636f756e7412790a2b6479647831646e306c78396d66"
    "716d37336368646b6632753934397978616739356b63713830667578307012460a1f2f636f736d6f732e63727970746f2e7365"
    "63703235366b312e5075624b657912230a21038421e094d341a57ec1e8529e3a219c12eefae704f37b4690a2249a7f70a57f06"
    "18072001"
)


def fresh() -> tuple[AccountKeeper, Context]:
    state = AuthState()
    return AccountKeeper(state), Context(MultiStore([state.schema]).branch(), height=0, time_ns=0)


@pytest.mark.parametrize("row", [DISTRIBUTION_ROW, SIGNED_ROW])
def test_rows_decode_and_encode_to_the_chains_bytes(row: str) -> None:
    assert ACCOUNT.encode(ACCOUNT.decode(bytes.fromhex(row))).hex() == row


def test_genesis_keeps_numbers_and_the_next_is_the_largest_plus_one() -> None:
    keeper, ctx = fresh()
    packed = [registry.pack(BaseAccount(address=one.text, account_number=n)) for one, n in ((ALICE, 9), (BOB, 3))]
    init_genesis(keeper, ctx, GenesisState(accounts=tuple(packed)))
    assert base_of(keeper.get(ctx, ALICE.address)).account_number == 9
    # The five module accounts that every chain has take 10 to 14.
    assert base_of(keeper.get(ctx, module_address("fee_collector"))).account_number == 10
    keeper.ensure_account(ctx, CARL.address)
    assert base_of(keeper.get(ctx, CARL.address)).account_number == 15
    assert keeper.state.addresses_by_number.get(ctx, 15) == CARL.address


def test_numbers_given_twice_are_made_distinct() -> None:
    keeper, ctx = fresh()
    packed = [registry.pack(BaseAccount(address=one.text)) for one in (ALICE, BOB, CARL)]
    init_genesis(keeper, ctx, GenesisState(accounts=tuple(packed)))
    numbers = [base_of(keeper.get(ctx, one.address)).account_number for one in (ALICE, BOB, CARL)]
    assert numbers == [0, 1, 2]


def test_export_is_what_was_imported() -> None:
    keeper, ctx = fresh()
    packed = [registry.pack(BaseAccount(address=one.text, account_number=n)) for one, n in ((ALICE, 9), (BOB, 3))]
    init_genesis(keeper, ctx, GenesisState(accounts=tuple(packed)))
    exported = export_genesis(keeper, ctx)
    again, other = fresh()
    init_genesis(again, other, exported)
    assert export_genesis(again, other) == exported


def test_an_existing_account_is_left_alone() -> None:
    chain = SmallChain()
    chain.accounts.ensure_account(chain.ctx, ALICE.address)
    assert chain.account(ALICE).account_number == 5


def test_a_plain_account_at_a_modules_address_is_no_module_account() -> None:
    keeper, ctx = fresh()
    keeper.ensure_account(ctx, module_address("megavault"))
    with pytest.raises(ChainPanic):
        keeper.module_account(ctx, "megavault")
    with pytest.raises(ChainPanic):
        keeper.module_account(ctx, "no such module")


def test_an_account_of_another_kind_keeps_its_bytes_around_the_plain_part() -> None:
    base = BaseAccount(address=ALICE.text, account_number=4, sequence=2)
    inner = b"\x0a" + bytes([len(base.encode())]) + base.encode() + b"\x12\x03abc"
    raw = b"\x0a" + bytes([len(inner)]) + inner + b"\x10\x05"
    account = from_any(Any(type_url="/cosmos.vesting.v1beta1.ContinuousVestingAccount", value=raw))
    assert base_of(account) == base
    assert with_base(account, base) == account
    raised = with_base(account, BaseAccount(address=ALICE.text, account_number=4, sequence=3))
    assert base_of(raised).sequence == 3
    assert isinstance(raised, Any)
    assert raised.value.endswith(b"\x12\x03abc\x10\x05")


def test_a_vesting_account_of_a_document_comes_back_on_export() -> None:
    section: dict[str, Json] = {
        "params": {"max_memo_characters": "256"},
        "accounts": [
            {
                "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
                "base_vesting_account": {
                    "base_account": {"address": ALICE.text, "pub_key": None, "account_number": "4", "sequence": "0"},
                    "original_vesting": [{"denom": "adv4tnt", "amount": "10"}],
                    "delegated_free": [],
                    "delegated_vesting": [],
                    "end_time": "1800000000",
                },
                "start_time": "1700000000",
            }
        ],
    }
    keeper, ctx = fresh()
    init_genesis(keeper, ctx, GenesisState.from_json(section))
    assert base_of(keeper.get(ctx, ALICE.address)).account_number == 4
    exported = export_genesis(keeper, ctx).to_json()
    assert section["accounts"][0] in exported["accounts"]


def test_problems_of_a_section_are_named_with_their_path() -> None:
    accounts = (
        registry.pack(BaseAccount(address=ALICE.text)),
        registry.pack(BaseAccount(address=ALICE.text)),
        registry.pack(BaseAccount(address="cosmos1abc")),
        registry.pack(ModuleAccount(base_account=BaseAccount(address=BOB.text), name="gov")),
    )
    paths = [problem.path for problem in check_genesis(GenesisState(accounts=accounts))]
    assert paths[5:] == ["accounts[1].address", "accounts[2].address", "accounts[3].name"]


def test_queries_find_accounts_and_say_when_there_is_none() -> None:
    chain = SmallChain()
    server = QueryServer(chain.accounts)
    found = server.account(chain.ctx, QueryAccountRequest(address=ALICE.text)).account
    assert found == registry.pack(chain.account(ALICE))
    with pytest.raises(NotFound):
        server.account(chain.ctx, QueryAccountRequest(address=CARL.text))
    everyone = server.accounts(chain.ctx, QueryAccountsRequest())
    assert len(everyone.accounts) == 7
    gov = server.module_account_by_name(chain.ctx, QueryModuleAccountByNameRequest(name="gov")).account
    assert gov is not None
    assert base_of(from_any(gov)).address == module_bech32("gov")
