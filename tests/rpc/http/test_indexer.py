"""The indexer door, over a short story of trades. Shapes: client-surfaces §§1.1-1.3; numbers: by hand.

BTC-USD of the localnet: 1 BTC is 10^10 quantums, 1 USD a BTC is 10^5 subticks, a tick is 1 USD, a step 0.0001 BTC;
oracle price 98,500; initial margin 2 %; fees 0.05 % for takers and 0.01 % for makers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rpc.http.served import Served, served
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.sending import MsgDepositToSubaccount, MsgWithdrawFromSubaccount
from vaultsim.pb.dydxprotocol.vault import MsgAllocateToVault, MsgDepositToMegavault, VaultId, VaultType
from vaultsim.testing.accounts import ALICE, BOB, CARL, DAVE, NamedAccount
from vaultsim.testing.chain import Chain
from vaultsim.x.clob.types import LONG_TERM, SIDE_BUY, SIDE_SELL

BTC, USD = 10**10, 10**5
MINUTE = "2024-11-21T00:00:00.000Z"


def trade(door: Served, maker: NamedAccount, taker: NamedAccount, maker_side: int, cents: int, usd: int) -> None:
    """A fill of so many hundredths of a BTC at a price, in the next block."""
    for by, side in ((maker, maker_side), (taker, SIDE_BUY + SIDE_SELL - maker_side)):
        result = door.chain.submit(door.order(by, side, cents * BTC // 100, usd * USD), signer=by)
        assert result.code == 0, result.log


def long_term(door: Served) -> MsgPlaceOrder:
    """Dave sells 0.05 BTC at 100,000 within the hour."""
    order_id = OrderId(subaccount_id=DAVE.subaccount(), client_id=77, order_flags=LONG_TERM)
    good_til = 1_732_147_200 + 3_600
    return MsgPlaceOrder(
        order=Order(
            order_id=order_id,
            side=SIDE_SELL,
            quantums=5 * BTC // 100,
            subticks=100_000 * USD,
            good_til_block_time=good_til,
            client_metadata=4,
        )
    )


@pytest.fixture(scope="module")
def story() -> Iterator[Served]:
    """Block 2: bob buys 0.04 of alice at 98,600. Block 3, oracle 99,000: he sells 0.01 to carl at 98,900.

    Block 4: orders rest: asks of alice (0.1 at 99,500) and dave (0.05 at 100,000, long-term), bids of dave and carl
    (0.02 and 0.03 at 98,000) and of carl (0.01 at 97,000).
    """
    with served() as one:
        trade(one, ALICE, BOB, SIDE_SELL, 4, 98_600)
        one.block()
        trade(one, CARL, BOB, SIDE_BUY, 1, 98_900)
        one.chain.next_block(prices={"BTC-USD": "99000"})
        for by, side, cents, usd in (
            (ALICE, SIDE_SELL, 10, 99_500),
            (DAVE, SIDE_BUY, 2, 98_000),
            (CARL, SIDE_BUY, 3, 98_000),
            (CARL, SIDE_BUY, 1, 97_000),
        ):
            assert one.chain.submit(one.order(by, side, cents * BTC // 100, usd * USD), signer=by).code == 0
        assert one.chain.submit(long_term(one), signer=DAVE).code == 0
        one.block()
        yield one


def test_height_and_time_are_those_of_the_chain(story: Served) -> None:
    assert story.indexer("/v4/height") == {"height": "4", "time": "2024-11-21T00:00:03.000Z"}
    assert story.indexer("/v4/time") == {"iso": "2024-11-21T00:00:03.000Z", "epoch": 1_732_147_203}


def test_a_market_has_every_field_that_typed_clients_need(story: Served) -> None:
    markets = story.indexer("/v4/perpetualMarkets", ticker="BTC-USD")["markets"]
    assert markets == {
        "BTC-USD": {
            "clobPairId": "0",
            "ticker": "BTC-USD",
            "status": "ACTIVE",
            "oraclePrice": "99000",
            "priceChange24H": "500",
            # 0.04 x 98,600 + 0.01 x 98,900
            "volume24H": "4933",
            "trades24H": 2,
            "nextFundingRate": "0",
            "initialMarginFraction": "0.02",
            "maintenanceMarginFraction": "0.012",
            "openInterest": "0.04",
            "atomicResolution": -10,
            "quantumConversionExponent": -9,
            "tickSize": "1",
            "stepSize": "0.0001",
            "stepBaseQuantums": 1_000_000,
            "subticksPerTick": 100_000,
            "marketType": "CROSS",
            "openInterestLowerCap": "0",
            "openInterestUpperCap": "0",
            "baseOpenInterest": "0.04",
            # 100 ppm in eight hours
            "defaultFundingRate1H": "0.0000125",
        }
    }


def test_markets_are_listed_by_ticker(story: Served) -> None:
    assert list(story.indexer("/v4/perpetualMarkets")["markets"]) == ["BTC-USD", "ETH-USD", "SOL-USD", "EIGEN-USD"]
    assert list(story.indexer("/v4/perpetualMarkets", limit=1)["markets"]) == ["BTC-USD"]
    assert list(story.indexer("/v4/perpetualMarkets", market="ETH-USD")["markets"]) == ["ETH-USD"]


def test_a_book_shows_its_levels_the_best_first(story: Served) -> None:
    assert story.indexer("/v4/orderbooks/perpetualMarket/BTC-USD") == {
        "bids": [{"price": "98000", "size": "0.05"}, {"price": "97000", "size": "0.01"}],
        "asks": [{"price": "99500", "size": "0.1"}, {"price": "100000", "size": "0.05"}],
    }
    assert story.indexer("/v4/orderbooks/perpetualMarket/SOL-USD") == {"bids": [], "asks": []}


def test_trades_are_the_takers_the_last_first(story: Served) -> None:
    trades = story.indexer("/v4/trades/perpetualMarket/BTC-USD")["trades"]
    assert [{name: one[name] for name in one if name != "id"} for one in trades] == [
        {
            "side": "SELL",
            "size": "0.01",
            "price": "98900",
            "type": "LIMIT",
            "createdAt": "2024-11-21T00:00:02.000Z",
            "createdAtHeight": "3",
        },
        {
            "side": "BUY",
            "size": "0.04",
            "price": "98600",
            "type": "LIMIT",
            "createdAt": "2024-11-21T00:00:01.000Z",
            "createdAtHeight": "2",
        },
    ]
    older = story.indexer("/v4/trades/perpetualMarket/BTC-USD", createdBeforeOrAtHeight=2)["trades"]
    assert older == trades[1:]
    at = story.indexer("/v4/trades/perpetualMarket/BTC-USD", createdBeforeOrAt="2024-11-21T00:00:01Z")["trades"]
    assert at == trades[1:]
    assert story.indexer("/v4/trades/perpetualMarket/ETH-USD") == {"trades": []}


def test_fills_tell_both_sides_with_their_fees_and_orders(story: Served) -> None:
    mine = {"address": BOB.address, "subaccountNumber": 0}
    (sale, purchase) = story.indexer("/v4/fills", **mine)["fills"]
    assert (purchase["side"], purchase["liquidity"], purchase["type"]) == ("BUY", "TAKER", "LIMIT")
    assert (purchase["market"], purchase["marketType"]) == ("BTC-USD", "PERPETUAL")
    # 0.05 % of 3,944 and of 989
    assert (purchase["price"], purchase["size"], purchase["fee"]) == ("98600", "0.04", "1.972")
    assert (sale["price"], sale["size"], sale["fee"]) == ("98900", "0.01", "0.4945")
    assert (purchase["createdAtHeight"], purchase["subaccountNumber"]) == ("2", 0)
    (made,) = story.indexer("/v4/fills", address=ALICE.address, subaccountNumber=0)["fills"]
    # 0.01 % of 3,944
    assert (made["side"], made["liquidity"], made["fee"]) == ("SELL", "MAKER", "0.3944")
    assert len({purchase["orderId"], sale["orderId"], made["orderId"]}) == 3
    assert len({purchase["id"], sale["id"], made["id"]}) == 3
    page = story.indexer("/v4/fills", **mine, limit=1, page=2)
    assert page == {"fills": [purchase], "pageSize": 1, "totalResults": 2, "offset": 1}
    assert story.indexer("/v4/fills", **mine, market="ETH-USD", marketType="PERPETUAL") == {"fills": []}


def test_a_subaccount_is_worth_its_cash_and_positions(story: Served) -> None:
    found = story.indexer(f"/v4/addresses/{BOB.address}/subaccountNumber/0")["subaccount"]
    # 100,000 - 3,944 - 1.972 + 989 - 0.4945
    assert found["assetPositions"] == {
        "USDC": {"symbol": "USDC", "side": "LONG", "size": "97042.5335", "assetId": "0", "subaccountNumber": 0}
    }
    # + 0.03 x 99,000; less 2 % of those 2,970
    assert (found["equity"], found["freeCollateral"]) == ("100012.5335", "99953.1335")
    assert (found["address"], found["subaccountNumber"], found["marginEnabled"]) == (BOB.address, 0, True)
    assert found["latestProcessedBlockHeight"] == "4"
    whole = story.indexer(f"/v4/addresses/{BOB.address}")
    assert whole == {"subaccounts": [found], "totalTradingRewards": "0"}
    parent = story.indexer(f"/v4/addresses/{BOB.address}/parentSubaccountNumber/0")["subaccount"]
    assert (parent["childSubaccounts"], parent["equity"]) == ([found], "100012.5335")


def test_a_position_tells_how_it_came_about(story: Served) -> None:
    subaccount = story.indexer(f"/v4/addresses/{BOB.address}/subaccountNumber/0")["subaccount"]
    found = subaccount["openPerpetualPositions"]
    assert found == {
        "BTC-USD": {
            "market": "BTC-USD",
            "status": "OPEN",
            "side": "LONG",
            "size": "0.03",
            "maxSize": "0.04",
            "entryPrice": "98600",
            "exitPrice": "98900",
            # 0.01 x 300 gained, 0.03 x 400 to gain
            "realizedPnl": "3",
            "unrealizedPnl": "12",
            "createdAt": "2024-11-21T00:00:01.000Z",
            "createdAtHeight": "2",
            "closedAt": None,
            "sumOpen": "0.04",
            "sumClose": "0.01",
            "netFunding": "0",
            "subaccountNumber": 0,
        }
    }
    query = {"address": BOB.address, "subaccountNumber": 0}
    assert story.indexer("/v4/perpetualPositions", **query) == {"positions": [found["BTC-USD"]]}
    assert story.indexer("/v4/perpetualPositions", **query, status="CLOSED") == {"positions": []}
    (short,) = story.indexer("/v4/perpetualPositions", address=ALICE.address, subaccountNumber=0)["positions"]
    # -0.04 x 400
    assert (short["side"], short["size"], short["unrealizedPnl"]) == ("SHORT", "-0.04", "-16")


def test_open_orders_are_those_on_the_books(story: Served) -> None:
    (order,) = story.indexer("/v4/orders", address=ALICE.address, subaccountNumber=0)
    assert (order["status"], order["orderFlags"], order["goodTilBlock"]) == ("BEST_EFFORT_OPENED", "0", "13")
    assert (order["side"], order["size"], order["totalFilled"], order["price"]) == ("SELL", "0.1", "0", "99500")
    assert (order["type"], order["timeInForce"], order["postOnly"], order["reduceOnly"]) == (
        "LIMIT",
        "GTT",
        False,
        False,
    )
    mine = {"address": DAVE.address, "subaccountNumber": 0}
    stateful = story.indexer("/v4/orders", **mine, status="OPEN")
    assert [one["clientId"] for one in stateful] == ["77"]
    assert stateful[0]["goodTilBlockTime"] == "2024-11-21T01:00:00.000Z"
    assert (stateful[0]["createdAtHeight"], stateful[0]["createdAt"]) == ("4", "2024-11-21T00:00:03.000Z")
    assert (stateful[0]["clientMetadata"], stateful[0]["ticker"]) == ("4", "BTC-USD")
    assert len(story.indexer("/v4/orders", **mine)) == 2
    assert [one["side"] for one in story.indexer("/v4/orders", **mine, side="BUY")] == ["BUY"]
    assert story.indexer("/v4/orders", **mine, ticker="ETH-USD") == []


@pytest.mark.parametrize("resolution", ["1MIN", "5MINS", "15MINS", "30MINS", "1HOUR", "4HOURS", "1DAY"])
def test_candles_sum_up_the_fills_of_their_span(story: Served, resolution: str) -> None:
    found = story.indexer("/v4/candles/perpetualMarkets/BTC-USD", resolution=resolution)
    assert found == {
        "candles": [
            {
                "startedAt": MINUTE,
                "ticker": "BTC-USD",
                "resolution": resolution,
                "low": "98600",
                "high": "98900",
                "open": "98600",
                "close": "98900",
                "baseTokenVolume": "0.05",
                "usdVolume": "4933",
                "trades": 2,
                "startingOpenInterest": "0",
                "orderbookMidPriceOpen": None,
                "orderbookMidPriceClose": None,
            }
        ]
    }


def test_candles_are_chosen_by_their_start_and_the_last_comes_first(door: Served) -> None:
    for minute in range(3):
        trade(door, ALICE, BOB, SIDE_SELL, 1, 98_600 + minute)
        door.chain.advance(seconds=60)

    def starts(**query: str | int) -> list[str]:
        found = door.indexer("/v4/candles/perpetualMarkets/BTC-USD", resolution="1MIN", **query)["candles"]
        return [one["startedAt"][11:16] for one in found]

    assert starts() == ["00:03", "00:02", "00:01"]
    assert starts(limit=1) == ["00:03"]
    assert starts(fromISO="2024-11-21T00:02:00Z") == ["00:03", "00:02"]
    assert starts(fromISO="2024-11-21T00:01:30.5Z", toISO="2024-11-21T00:03:00.000Z") == ["00:02"]
    later = door.indexer("/v4/candles/perpetualMarkets/BTC-USD", resolution="1MIN")["candles"][0]
    assert later["startingOpenInterest"] == "0.02"
    assert door.indexer("/v4/sparklines", timePeriod="ONE_DAY")["BTC-USD"] == ["98602"]


def test_what_was_traded_more_than_a_day_ago_is_out_of_the_days_figures(door: Served) -> None:
    trade(door, ALICE, BOB, SIDE_SELL, 1, 98_600)
    door.chain.next_block(prices={"BTC-USD": "98600"})
    door.chain.advance(seconds=23 * 3600)
    market = door.indexer("/v4/perpetualMarkets")["markets"]["BTC-USD"]
    assert (market["volume24H"], market["trades24H"], market["priceChange24H"]) == ("986", 1, "100")
    door.chain.advance(blocks=2, seconds=2 * 3600)
    market = door.indexer("/v4/perpetualMarkets")["markets"]["BTC-USD"]
    assert (market["volume24H"], market["trades24H"], market["priceChange24H"]) == ("0", 0, "0")


def test_a_chain_that_goes_back_takes_its_history_along(door: Served) -> None:
    trade(door, ALICE, BOB, SIDE_SELL, 1, 98_600)
    door.block()
    paths = (
        "/v4/trades/perpetualMarket/BTC-USD",
        "/v4/candles/perpetualMarkets/BTC-USD?resolution=1MIN",
        "/v4/candles/perpetualMarkets/BTC-USD?resolution=1DAY",
        "/v4/perpetualMarkets",
        f"/v4/fills?address={BOB.address}&subaccountNumber=0",
        f"/v4/addresses/{BOB.address}/subaccountNumber/0",
        f"/v4/transfers?address={BOB.address}&subaccountNumber=0",
        "/v4/height",
    )

    def everything() -> list[Any]:
        return [door.client.get(door.indexer_url + path).json() for path in paths]

    def go_on() -> None:
        trade(door, ALICE, BOB, SIDE_SELL, 2, 98_700)
        door.chain.next_block(prices={"BTC-USD": "98700"})
        door.chain.submit(deposit(), signer=BOB)
        door.chain.advance(seconds=90)
        trade(door, CARL, BOB, SIDE_BUY, 1, 98_000)
        door.block()

    before = everything()
    snapshot = door.chain.snapshot()
    go_on()
    after = everything()
    assert all(one != other for one, other in zip(before, after, strict=True))
    door.chain.revert(snapshot)
    assert everything() == before
    go_on()
    assert [one for one in everything() if "orderId" not in str(one)] == [
        one for one in after if "orderId" not in str(one)
    ]


def deposit() -> MsgDepositToSubaccount:
    return MsgDepositToSubaccount(sender=BOB.address, recipient=BOB.subaccount(), asset_id=0, quantums=2_500_000)


def test_transfers_are_told_from_the_owners_side(door: Served) -> None:
    door.chain.execute(deposit(), signer=BOB)
    withdrawal = MsgWithdrawFromSubaccount(
        sender=BOB.subaccount(), recipient=ALICE.address, asset_id=0, quantums=1_000_000
    )
    door.chain.execute(withdrawal, signer=BOB)
    out, into = door.indexer("/v4/transfers", address=BOB.address, subaccountNumber=0)["transfers"]
    assert (into["type"], into["size"], into["symbol"]) == ("DEPOSIT", "2.5", "USDC")
    assert into["sender"] == {"address": BOB.address}
    assert into["recipient"] == {"address": BOB.address, "subaccountNumber": 0}
    assert (out["type"], out["size"], out["recipient"]) == ("WITHDRAWAL", "1", {"address": ALICE.address})
    assert (into["createdAt"], into["createdAtHeight"]) == ("2024-11-21T00:00:01.000Z", "2")
    assert door.rpc("tx_search", query=f"tx.hash='{into['transactionHash']}'")["total_count"] == "1"
    assert door.indexer("/v4/transfers", address=ALICE.address, subaccountNumber=0) == {"transfers": []}


def test_vaults_show_what_they_hold(door: Served) -> None:
    door.chain.execute(
        MsgDepositToMegavault(subaccount_id=ALICE.subaccount(), quote_quantums=5_000_000_000), signer=ALICE
    )
    door.chain.as_authority(
        MsgAllocateToVault(
            authority=Chain.authority,
            vault_id=VaultId(type=VaultType.VAULT_TYPE_CLOB, number=0),
            quote_quantums=1_500_000_000,
        )
    )
    bitcoin, ether = door.indexer("/v4/vault/v1/megavault/positions")["positions"]
    assert (bitcoin["ticker"], bitcoin["equity"]) == ("BTC-USD", "1500")
    assert bitcoin["assetPosition"] == {
        "symbol": "USDC",
        "side": "LONG",
        "size": "1500",
        "assetId": "0",
        "subaccountNumber": 0,
    }
    assert "perpetualPosition" not in bitcoin
    assert (ether["ticker"], ether["equity"]) == ("ETH-USD", "0")
    (transfer,) = door.indexer("/v4/transfers", address=ALICE.address, subaccountNumber=0)["transfers"]
    assert (transfer["type"], transfer["size"]) == ("TRANSFER_OUT", "5000")
    # The vault quotes with it: three layers on either side.
    book = door.indexer("/v4/orderbooks/perpetualMarket/BTC-USD")
    assert len(book["bids"]) == len(book["asks"]) == 3


def test_nobody_is_kept_out(story: Served) -> None:
    assert story.indexer("/v4/screen", address=BOB.address) == {"restricted": False}
    assert story.indexer(f"/v4/compliance/screen/{BOB.address}")["status"] == "COMPLIANT"


MINE = f"address={BOB.address}&subaccountNumber=0"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/v4/perpetualMarkets?ticker=NO-USD", 400, "ticker must be a valid ticker (BTC-USD, etc)"),
        ("/v4/perpetualMarkets?ticker=BTC-USD&market=BTC-USD", 400, "Only one of ticker or market may be provided"),
        ("/v4/perpetualMarkets?limit=0", 400, "limit must be a positive integer that is not greater than max: 1000"),
        ("/v4/perpetualMarkets?limit=1001", 400, "limit must be a positive integer that is not greater than max: 1000"),
        ("/v4/perpetualMarkets?limit=1e3", 400, "limit must be a positive integer that is not greater than max: 1000"),
        ("/v4/orderbooks/perpetualMarket/NO-USD", 404, "NO-USD not found in markets of type PERPETUAL"),
        ("/v4/trades/perpetualMarket/NO-USD", 400, "ticker must be a valid ticker (BTC-USD, etc)"),
        (
            "/v4/candles/perpetualMarkets/BTC-USD?resolution=2MINS",
            400,
            "resolution must be a valid Candle Resolution, one of 1MIN,5MINS,15MINS,30MINS,1HOUR,4HOURS,1DAY",
        ),
        ("/v4/candles/perpetualMarkets/BTC-USD?resolution=1MIN&fromISO=yesterday", 400, "Invalid value"),
        ("/v4/addresses/nobody", 400, "address must be a valid address"),
        (
            "/v4/addresses/dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0/subaccountNumber/5",
            404,
            "No subaccount found with address dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0 and subaccountNumber 5",
        ),
        (f"/v4/addresses/{BOB.address}/subaccountNumber/128001", 400, None),
        (f"/v4/addresses/{BOB.address}/subaccountNumber/-1", 400, None),
        (f"/v4/addresses/{BOB.address}/parentSubaccountNumber/128", 400, None),
        ("/v4/fills", 400, "address must be a valid dydx address"),
        (f"/v4/fills?address={BOB.address}", 400, None),
        (f"/v4/fills?{MINE}&market=BTC-USD", 400, "marketType must be provided if market is provided"),
        (f"/v4/fills?{MINE}&page=0", 400, "page must be a non-negative integer"),
        (
            f"/v4/fills?{MINE}&createdBeforeOrAtHeight=-1",
            400,
            "createdBeforeOrAtHeight must be a non-negative integer",
        ),
        ("/v4/sparklines?timePeriod=NOW", 400, None),
        ("/v4/nothing", 404, "Not Found"),
        ("/v3/markets", 404, "Not Found"),
        ("/%2e%2e/%00", 404, "Not Found"),
    ],
)
def test_mistakes_are_told_in_the_indexers_shape(story: Served, path: str, status: int, text: str | None) -> None:
    reply = story.client.get(story.indexer_url + path)
    assert reply.status_code == status
    (error,) = reply.json()["errors"]
    assert error["msg"]
    assert text is None or error["msg"] == text
