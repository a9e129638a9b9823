"""The chain of `make demo`: four markets, four people, an operator, and a story in their blocks."""

from __future__ import annotations

import json

from chains import messages
from chains.document import DOLLAR, GOV, MEGAVAULT, USDC, Genesis, quoting
from chains.markets import markets
from chains.messages import allocate, deposit, retrieve, set_params, transfer, withdraw
from chains.story import Story
from vaultsim.address import module_bech32
from vaultsim.testing.accounts import NAMED

BTC, ETH, SOL, EIGEN, LINK = range(5)
LOCK_BLOCKS = 240
"""How long a lister's shares stay locked here; 2,592,000 blocks on the dYdX chain."""

_PRICES = {"BTC-USD": 9_850_000_000, "ETH-USD": 3_350_000_000, "SOL-USD": 25_100_000_000, "EIGEN-USD": 2_480_000_000}
_LINK = {"reference_price": 15_200_000_000, "liquidity": 1_500_000, "aggregate_ids": []}


def _genesis() -> Genesis:
    listed = [market._replace(price=_PRICES[market.ticker]) for market in markets(*_PRICES)]
    genesis = Genesis(listed)
    for person in NAMED:
        genesis.account(person.name, 1_000_000)
        genesis.subaccount(person.address, 100_000 * DOLLAR)
    genesis.account("operator", 1_000_000)
    genesis.operator("operator")
    genesis.bank(module_bech32("insurance_fund"), USDC, 10_000 * DOLLAR)
    genesis.vault(BTC, "QUOTING", quoting(layers=3, skew_factor_ppm=1_000_000, order_size_pct_ppm=150_000))
    genesis.vault(ETH, "STAND_BY")
    genesis.add_to_market_map("LINK-USD", 9, enabled=False, metadata=json.dumps(_LINK, separators=(",", ":")))
    genesis.app_state["listing"]["listing_vault_deposit_params"]["num_blocks_to_lock_shares"] = LOCK_BLOCKS
    return genesis


def story() -> Story:
    """The whole story, act by act."""
    tale = Story("A localnet", _genesis(), _OPENING, _CLOSING)
    _money_comes_in(tale)
    _vaults_quote(tale)
    _messages_are_refused(tale)
    _an_isolated_market(tale)
    _a_listing(tale)
    _dave_is_liquidated(tale)
    _funding_and_the_unlock(tale)
    _people_leave(tale)
    return tale


def _money_comes_in(tale: Story) -> None:
    share = {
        "@type": "/dydxprotocol.revshare.MsgUpdateUnconditionalRevShareConfig",
        "authority": GOV,
        "config": {"configs": [{"address": MEGAVAULT, "share_ppm": 500_000}]},
    }
    tale.block("A proposal passes: half of the protocol's trading revenue goes to MegaVault from now on.", gov=[share])
    tale.block(
        "Alice deposits $50,000 and Bob $30,000: a share for every quantum, 80,000 million in all. Carl tries $1,000,000, "
        "which his subaccount does not have: refused, code 102 of `subaccounts`.",
        deposit("alice", 50_000 * DOLLAR),
        deposit("bob", 30_000 * DOLLAR),
        deposit("carl", 1_000_000 * DOLLAR),
    )
    tale.block(
        "The operator allocates $40,000 to the BTC vault and $20,000 to the ETH vault. Alice is not the operator: code 26 of `vault`. "
        "The BTC vault has more than its activation threshold now and writes its six quotes at the end of this block.",
        allocate(BTC, 40_000 * DOLLAR),
        allocate(ETH, 20_000 * DOLLAR),
        allocate(ETH, 20_000 * DOLLAR, by="alice"),
    )


def _vaults_quote(tale: Story) -> None:
    tale.block(
        "The ETH vault starts to quote with parameters of its own. A minimum spread of zero is refused: code 10 of `vault`.",
        set_params(ETH, "QUOTING", quoting(spread_min_ppm=0)),
        set_params(ETH, "QUOTING", quoting(spread_min_ppm=2_000, order_size_pct_ppm=200_000)),
    )
    tale.block("Both vaults' quotes rest on the book: what is written at the end of one block can be hit in the next.")
    tale.block(
        "Dave buys BTC for $2,000 from the BTC vault's ask and Carl sells ETH for $3,000 into the ETH vault's bid. Both pay 0.05 % "
        "to the protocol, and MegaVault sweeps its half of what is left of it after the vaults' rebates.",
        tale.taker("dave", BTC, "BUY", 2_000),
        tale.taker("carl", ETH, "SELL", 3_000),
    )
    path = ((9_862_000_000, 3_355_000_000), (9_881_000_000, 3_361_000_000), (9_869_000_000, 3_349_000_000))
    for turn, (btc, eth) in enumerate(path):
        tale.block(
            f"BTC moves to ${btc // 100_000:,}, ETH to ${eth // 1_000_000:,}: every quote is replaced, its client id flipped. Takers come.",
            tale.taker("carl" if turn % 2 else "dave", ETH, "BUY" if turn % 2 else "SELL", 1_500),
            tale.taker("alice", BTC, "SELL", 1_000),
            prices={BTC: btc, ETH: eth},
        )
    tale.block(
        "The operator widens the default half-spread to 50 basis points, which concerns vaults without parameters of their own.",
        messages.set_default_params(quoting(spread_min_ppm=5_000)),
    )
    tale.block(
        "Carl sends $250 from his bank account to the megavault account; the end of the block sweeps it into the main vault. All "
        "shares are worth a little more, and no shares are minted.",
        messages.send("carl", MEGAVAULT, 250 * DOLLAR),
    )
    tale.block(
        "Money moves about: Alice transfers $500 to Dave's subaccount, Bob brings $2,000 from the bank, Carl takes $1,000 out to it, and "
        "the operator retrieves $2,000 from the ETH vault. More than its margin allows it does not give: code 102 of `subaccounts`.",
        transfer("alice", "dave", 500 * DOLLAR),
        messages.to_subaccount("bob", 2_000 * DOLLAR),
        messages.from_subaccount("carl", 1_000 * DOLLAR),
        retrieve(ETH, 2_000 * DOLLAR),
        retrieve(ETH, 1_000_000 * DOLLAR),
    )


def _messages_are_refused(tale: Story) -> None:
    tale.block(
        "Withdrawals that are refused: more shares than Bob owns (27), none at all (30), by someone without shares (22), and one that "
        "asks for more than it is worth (28).",
        withdraw("bob", 10**15),
        withdraw("bob", 0),
        withdraw("dave", 1_000_000),
        withdraw("alice", 1_000 * DOLLAR, least=2_000 * DOLLAR),
    )
    tale.block(
        "All or nothing: Bob's deposit of $100 and his withdrawal of too much are one transaction, which fails whole. Retrieving from a vault "
        "that does not exist: code 20; allocating to a market that does not exist: code 2.",
        messages.together(deposit("bob", 100 * DOLLAR), withdraw("bob", 10**15)),
        retrieve(SOL, DOLLAR),
        allocate(77, DOLLAR),
    )


def _an_isolated_market(tale: Story) -> None:
    tale.block(
        "The operator opens a vault on EIGEN, an isolated market, with $5,000 of the main vault: stand-by, with default parameters. Carl "
        "moves $3,000 to a subaccount of its own, since an isolated position cannot share one.",
        allocate(EIGEN, 5_000 * DOLLAR),
        transfer("carl", "carl", 3_000 * DOLLAR, to_number=128),
    )
    tale.block("The EIGEN vault starts to quote.", set_params(EIGEN, "QUOTING"))
    tale.block("A quiet block.")
    tale.block(
        "Carl buys EIGEN for $400. His and the vault's money move from the shared collateral pool to the pool of EIGEN.",
        tale.taker("carl", EIGEN, "BUY", 400, number=128),
    )
    tale.block(
        "EIGEN rises to $2.61; Carl buys on, at the price of a vault that is short by now and asks for more.",
        tale.taker("carl", EIGEN, "BUY", 300, number=128, within_ppm=40_000),
        prices={EIGEN: 2_610_000_000},
    )


def _a_listing(tale: Story) -> None:
    tale.block(
        "Bob lists LINK: a market, a perpetual, an order book and a vault come into being, for $10,000 from his subaccount. The shares that he gets "
        f"are locked for {LOCK_BLOCKS} blocks. Nobody can list it twice (code 205 of `prices`), nor what the market map does not know (code 1 of `listing`).",
        messages.list_market("bob", "LINK-USD"),
        messages.list_market("carl", "LINK-USD"),
        messages.list_market("carl", "NOPE-USD"),
    )
    tale.prices[LINK] = 15_200_000_000
    tale.markets.append(markets("LINK-USD")[0]._replace(price=15_200_000_000, liquidity_tier=7, isolated=True))
    tale.block(
        "LINK has its first price, $15.20, and its vault quotes at the end of the block.", prices={LINK: 15_200_000_000}
    )
    tale.block(
        "Bob tries to withdraw all his shares: those of the listing are locked (code 27). Dave moves $2,000 to a subaccount for LINK.",
        withdraw("bob", 40_000 * DOLLAR),
        transfer("dave", "dave", 2_000 * DOLLAR, to_number=129),
    )
    tale.block(
        "Dave buys LINK for $500 from the new vault.",
        tale.taker("dave", LINK, "BUY", 500, number=129, within_ppm=40_000),
    )


def _dave_is_liquidated(tale: Story) -> None:
    tale.block(
        "Dave moves $1,000 to subaccount 2, to try his luck with leverage.",
        transfer("dave", "dave", 1_000 * DOLLAR, to_number=2),
    )
    for turn in range(5):
        tale.block(
            f"Dave buys BTC for $4,000, {('first', 'second', 'third', 'fourth', 'fifth')[turn]} time.",
            tale.taker("dave", BTC, "BUY", 4_000, number=2, within_ppm=30_000),
        )
    for btc in (9_790_000_000, 9_700_000_000, 9_610_000_000):
        tale.block(f"BTC falls to ${btc // 100_000:,}. The vault's bids follow.", prices={BTC: btc})
    tale.block(
        "BTC falls to $95,200. Subaccount 2 holds less than its maintenance margin now.", prices={BTC: 9_520_000_000}
    )
    tale.block(
        "It is liquidated into the BTC vault's bids: a tenth of the position, but at least $1,000 of it, each block. Bids are above the price "
        "at which its owner's money would be gone, so each portion also pays the insurance fund.",
        repeat=9,
    )
    tale.block(
        "BTC recovers to $96,200. What is left of the position has margin enough again.", prices={BTC: 9_620_000_000}
    )


def _funding_and_the_unlock(tale: Story) -> None:
    tale.block(
        "Four hours pass, a minute a block (a gap of five minutes would close all withdrawals for fifty blocks). Quotes expire and are "
        "renewed. At blocks 104, 164, 224 and 284 an hour is full and funding is due: longs pay shorts an eighth of 0.01 %. At the end of block "
        "261 Bob's shares are unlocked, by a message that was delayed until then.",
        step="+60s",
        repeat=LOCK_BLOCKS,
    )


def _people_leave(tale: Story) -> None:
    tale.block(
        "Bob withdraws 39,000 million shares, those of his listing among them, and receives $39,406.17. They are worth $39,435.62: the rest is "
        "slippage, since the vaults hold positions.",
        withdraw("bob", 39_000 * DOLLAR),
    )
    tale.block(
        "Alice withdraws 20,000 million shares and receives $20,196.06 of $20,234.95. What slippage costs her stays with those who stay.",
        withdraw("alice", 20_000 * DOLLAR),
    )
    tale.block(
        "The operator sets the EIGEN vault to close-only: it quotes only what reduces its position.",
        set_params(EIGEN, "CLOSE_ONLY"),
    )
    tale.block("A quiet block.")
    tale.block(
        "Carl sells EIGEN back to the vault.", tale.taker("carl", EIGEN, "SELL", 700, number=128, within_ppm=40_000)
    )
    tale.block(
        "The end: the summary shows the vaults, their equity, leverage and orders, and what a share is worth.", repeat=3
    )


_OPENING = """
Four markets: BTC, ETH, SOL (cross-margined) and EIGEN (isolated). Alice, Bob, Carl and Dave have the well-known addresses and keys of a dYdX
localnet (`vaultsim.testing.accounts`), $100,000 each in subaccount 0 and a million in the bank. The operator moves MegaVault's money. Two vaults are there
from the beginning: BTC, quoting as soon as it has money, and ETH, standing by. Liquidity tiers, fees, limits and epochs are those of a dYdX localnet; tier 7
is added, so that markets can be listed, and the shares of a listing are locked for 240 blocks and not 2,592,000.

Replay it with `make demo`, or block by block:

    .venv/bin/vaultsim replay genesis/localnet/genesis.json genesis/localnet/blocks.jsonl --out out --changes

The transactions in `blocks.jsonl` are in short form: run as if signed by the account that must sign. Code and codespace of those that are refused are in
`out/results.jsonl`: under `check` for those that never got into a block.
"""

_CLOSING = """
Numbers in codes are those of the module's codespace: `vault` where none is named.
"""
