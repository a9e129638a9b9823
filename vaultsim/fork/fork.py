"""A genesis document of a running chain's public state: at one height, complete or not written at all.

The module sections come from queries. What they cannot hold (premium samples, block times, the vaults' open orders and
more) is written into a chain made from them, and that chain is exported: the document continues at the next block.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from vaultsim.errors import UserError
from vaultsim.fork.accounts import read_accounts
from vaultsim.fork.api import Endpoint, PublicApi, Unserved, Watcher
from vaultsim.fork.markets import read_markets
from vaultsim.fork.reading import Reading
from vaultsim.fork.report import ALWAYS, BALANCES, WITHOUT_SUBACCOUNTS, ForkReport
from vaultsim.fork.rules import read_rules
from vaultsim.fork.vaults import read_vaults
from vaultsim.node.export import export_document
from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.node.results import pretty, write_whole
from vaultsim.node.start import start_app
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import GetNodeInfoRequest, GetNodeInfoResponse
from vaultsim.pb.dydxprotocol.blocktime import QueryPreviousBlockInfoRequest, QueryPreviousBlockInfoResponse
from vaultsim.x.clock import timestamp_ns


class ForkOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to read. height: None is the last one; all_subaccounts: everybody's, and their statistics."""

    node: Endpoint
    height: int | None = None
    all_subaccounts: bool = False


class Fork(NamedTuple):
    """A document that continues the chain, and what is in it."""

    document: GenesisDocument
    report: ForkReport


class _Start(NamedTuple):
    chain_id: str
    height: int
    time_ns: int


def fork_chain(options: ForkOptions, watcher: Watcher) -> Fork:
    """Reads a running chain. Raises UserError when the node does not answer, or not for this height."""
    with PublicApi(options.node, watcher) as api:
        try:
            start = _start(api, options.height)
            reading = Reading(api, all_subaccounts=options.all_subaccounts)
            read_markets(reading)
            read_vaults(reading)
            read_rules(reading)
            read_accounts(reading)
        except Unserved as method:
            raise UserError(
                f"{options.node.target}: does not serve {method}, which a fork needs; is it a dYdX node with MegaVault?"
            ) from None
        return Fork(_document(reading, start), _report(reading, options, start))


def write_fork(fork: Fork, out: Path) -> Path:
    """Writes the document, and beside it the report, whose path is returned. Raises OSError."""
    report = out.with_name(out.name.removesuffix(".gz").removesuffix(".json") + ".report.json")
    write_whole(report, pretty(fork.report.to_json()))
    content = pretty(fork.document.to_json())
    write_whole(out, gzip.compress(content, mtime=0) if out.suffix == ".gz" else content)
    return report


def _start(api: PublicApi, height: int | None) -> _Start:
    """Settles the height, which every later request names, and its time."""
    api.reading("the last block")
    api.height = height or 0
    last = api.ask(QueryPreviousBlockInfoRequest(), QueryPreviousBlockInfoResponse).info
    if last is None or last.height == 0:
        raise UserError(f"{api.node.target}: the chain has made no block yet")
    if height is not None and last.height != height:
        raise UserError(
            f"{api.node.target}: answered about height {last.height} when asked about {height}; "
            "it does not keep states by height"
        )
    api.height = last.height
    info = api.ask(GetNodeInfoRequest(), GetNodeInfoResponse).default_node_info
    if info is None or not info.network:
        raise UserError(f"{api.node.target}: does not tell the chain's name")
    return _Start(info.network, last.height, timestamp_ns(last.timestamp))


def _document(reading: Reading, start: _Start) -> GenesisDocument:
    """The document after the next block's eve: sections, and the rows that they cannot hold."""
    sections: dict[str, Any] = {name: message.to_json() for name, message in reading.sections.items()}
    fresh = GenesisDocument(
        place=reading.api.node.target,
        chain_id=start.chain_id,
        time_ns=start.time_ns,
        initial_height=start.height + 1,
        sections=sections,
        others={},
    )
    started = start_app(fresh)
    app = started.app
    assert app.deliver is not None
    for write in reading.writes:
        write(app.modules.keepers, app.deliver)
    app.store.commit(app.deliver.branch)
    app.deliver = None
    prices = {one.id: one.price for one in app.modules.keepers.prices.state.prices.values(app.query_context())}
    return export_document(app, started.aside, prices)


def _report(reading: Reading, options: ForkOptions, start: _Start) -> ForkReport:
    without = () if options.all_subaccounts else WITHOUT_SUBACCOUNTS
    return ForkReport(
        node=options.node.target,
        chain_id=start.chain_id,
        height=start.height,
        time_ns=start.time_ns,
        calls=reading.api.calls,
        taken=dict(sorted(reading.taken.items())),
        gaps=(*ALWAYS, BALANCES, *without, *reading.gaps),
    )
