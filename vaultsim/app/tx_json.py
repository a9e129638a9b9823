"""Transactions written as JSON: the SDK's own form, and a short one for hand-written files.

Source: DESIGN §6 (TX).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any as Json
from typing import Final

from vaultsim.app.tx import TRUSTED_MARK, RawTx
from vaultsim.lib.ints import U64_MAX
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, Fee, TxBody, TxRaw
from vaultsim.pb.runtime import JsonError

DEFAULT_GAS_LIMIT: Final = 1_000_000_000
"""Gas limit of a short form that names none."""

_SHORT_FIELDS: Final = frozenset({"messages", "fee", "gas_limit", "memo", "timeout_height"})
_LONG_FIELDS: Final = frozenset({"@type", "body", "auth_info", "signatures"})


def tx_from_json(obj: dict[str, Json], path: str = "$") -> RawTx:
    """The transaction of a JSON object.

    `{"body", "auth_info", "signatures"}` is the SDK's form: encoded again, its signatures count. `{"messages": [...]}`
    with an optional "fee" (a Fee object, a list of coins or a text such as "50000uatom"), "gas_limit", "memo" and
    "timeout_height" is the short form: it runs as if signed by its required signers. Raises JsonError.
    """
    if not isinstance(obj, dict):
        raise JsonError(path, "expected an object with messages, or with body and auth_info")
    if "messages" in obj:
        _refuse_others(obj, _SHORT_FIELDS, path)
        return _short(obj, path)
    if "body" in obj:
        _refuse_others(obj, _LONG_FIELDS, path)
        return _long(obj, path)
    raise JsonError(path, "expected either messages (the short form) or body, auth_info and signatures")


def _refuse_others(obj: dict[str, Json], known: frozenset[str], path: str) -> None:
    for name in obj:
        if name not in known:
            raise JsonError(f"{path}.{name}", f"unknown field; the fields are {', '.join(sorted(known))}")


def _long(obj: dict[str, Json], path: str) -> RawTx:
    body = TxBody.from_json(obj["body"], f"{path}.body")
    _require_types(obj["body"].get("messages"), f"{path}.body.messages")
    auth_info = AuthInfo.from_json(obj.get("auth_info") or {}, f"{path}.auth_info")
    signatures = obj.get("signatures") or []
    if not isinstance(signatures, list):
        raise JsonError(f"{path}.signatures", "expected a list of base64 texts")
    decoded = tuple(_base64(text, f"{path}.signatures[{index}]") for index, text in enumerate(signatures))
    raw = TxRaw(body_bytes=body.encode(), auth_info_bytes=auth_info.encode(), signatures=decoded)
    return RawTx(raw.encode())


def _require_types(messages: list[dict[str, Json]] | None, path: str) -> None:
    for index, message in enumerate(messages or ()):
        if not message.get("@type"):
            raise JsonError(f"{path}[{index}]", 'a message names its type in "@type"')


def _base64(text: object, path: str) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise JsonError(path, "expected base64") from None


def _short(obj: dict[str, Json], path: str) -> RawTx:
    body_fields = {name: obj[name] for name in ("messages", "memo", "timeout_height") if name in obj}
    body = TxBody.from_json(body_fields, path)
    _require_types(obj["messages"], f"{path}.messages")
    if not body.messages:
        raise JsonError(f"{path}.messages", "expected at least one message")
    fee = _fee(obj, path)
    raw = TxRaw(body_bytes=body.encode(), auth_info_bytes=AuthInfo(fee=fee).encode(), signatures=(TRUSTED_MARK,))
    return RawTx(raw.encode(), is_trusted=True)


def _fee(obj: dict[str, Json], path: str) -> Fee:
    given = obj.get("fee")
    limit = _gas_limit(obj, path)
    if given is None:
        return Fee(gas_limit=limit)
    if isinstance(given, str):
        return Fee(amount=_coins(given, f"{path}.fee"), gas_limit=limit)
    if isinstance(given, list):
        given = {"amount": given}
    fee = Fee.from_json(given, f"{path}.fee")
    return Fee(amount=fee.amount, gas_limit=fee.gas_limit or limit, payer=fee.payer, granter=fee.granter)


def _gas_limit(obj: dict[str, Json], path: str) -> int:
    text = str(obj.get("gas_limit", DEFAULT_GAS_LIMIT))
    if not (text.isascii() and text.isdigit()) or int(text) > U64_MAX:
        raise JsonError(f"{path}.gas_limit", f"expected a whole number from 0 to {U64_MAX}")
    return int(text)


def _coins(text: str, path: str) -> tuple[Coin, ...]:
    coins = []
    for part in text.split(",") if text else []:
        part = part.strip()
        digits = len(part) - len(part.lstrip("0123456789"))
        if digits == 0 or digits == len(part):
            raise JsonError(path, f'expected coins such as "50000adv4tnt", found {part!r}')
        coins.append(Coin(denom=part[digits:], amount=part[:digits]))
    return tuple(coins)
