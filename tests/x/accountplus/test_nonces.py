"""Timestamp nonces. Expected values: the rule of dydx-modules §1.5, by hand."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.accountplus import TimestampNonceDetails
from vaultsim.x.accountplus.formulas import FIRST_TIMESTAMP_NONCE, accept_nonce, is_timestamp_nonce, is_within_window

NOW = 1_732_147_210_000


def details(*nonces: int, ejected: int = FIRST_TIMESTAMP_NONCE) -> TimestampNonceDetails:
    return TimestampNonceDetails(timestamp_nonces=nonces, max_ejected_nonce=ejected)


def test_nonces_begin_at_two_to_the_fortieth() -> None:
    assert is_timestamp_nonce(1 << 40)
    assert not is_timestamp_nonce((1 << 40) - 1)


def test_both_ends_of_the_window_count() -> None:
    ends = [NOW - 30_001, NOW - 30_000, NOW + 30_000, NOW + 30_001]
    assert [is_within_window(nonce, NOW) for nonce in ends] == [False, True, True, False]


def test_nonces_need_not_grow_but_not_repeat() -> None:
    assert accept_nonce(details(NOW), NOW - 5, NOW) == details(NOW, NOW - 5)
    assert accept_nonce(details(NOW), NOW, NOW) is None


def test_what_left_the_window_is_dropped_and_remembered() -> None:
    old = NOW - 30_001
    assert accept_nonce(details(old, NOW - 1), NOW, NOW) == details(NOW - 1, NOW, ejected=old)
    assert accept_nonce(details(NOW - 1, ejected=NOW), NOW, NOW) is None


def test_a_full_list_gives_up_its_smallest_place() -> None:
    full = [NOW + step for step in range(20)]
    full[0], full[7] = full[7], full[0]
    changed = list(full)
    changed[7] = NOW + 100
    assert accept_nonce(details(*full), NOW + 100, NOW) == details(*changed, ejected=NOW)
    assert accept_nonce(details(*full), NOW - 1, NOW) is None
