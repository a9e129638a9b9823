"""Size of a market's row in the chain's store. Nothing depends on it but the gas of a listing."""

from __future__ import annotations

from vaultsim.lib.ints import is_u64
from vaultsim.pb.runtime import sized, sized_text, varint

FLAG_BYTES = 2
"""Bytes of a flag that is set: tag and value."""
_TAG = b"\x00"
"""Stands for a field's tag: all of them take one byte."""


def market_bytes(market: object) -> int:
    """Bytes of a market of the genesis section as it is stored; what is not as it should be counts as absent."""
    fields = _object(market)
    configs = fields.get("provider_configs", fields.get("providerConfigs"))
    content = _part(_ticker(_object(fields.get("ticker"))))
    for config in configs if isinstance(configs, list) else ():
        content += _part(_provider(_object(config)))
    return len(content)


def _ticker(fields: dict[str, object]) -> bytes:
    return (
        _part(_pair(fields.get("currency_pair", fields.get("currencyPair"))))
        + _number(fields.get("decimals"))
        + _number(fields.get("min_provider_count", fields.get("minProviderCount")))
        + _flag(fields.get("enabled"))
        + _text(fields.get("metadata_JSON", fields.get("metadataJSON")))
    )


def _provider(fields: dict[str, object]) -> bytes:
    by_pair = fields.get("normalize_by_pair", fields.get("normalizeByPair"))
    return (
        _text(fields.get("name"))
        + _text(fields.get("off_chain_ticker", fields.get("offChainTicker")))
        + (b"" if by_pair is None else _part(_pair(by_pair)))
        + _flag(fields.get("invert"))
        + _text(fields.get("metadata_JSON", fields.get("metadataJSON")))
    )


def _pair(pair: object) -> bytes:
    fields = _object(pair)
    return _text(fields.get("Base")) + _text(fields.get("Quote"))


def _part(raw: bytes) -> bytes:
    return _TAG + sized(raw)


def _text(value: object) -> bytes:
    return _TAG + sized_text(value) if isinstance(value, str) and value else b""


def _number(value: object) -> bytes:
    number = int(value) if isinstance(value, int | str) else 0
    return _TAG + varint(number) if is_u64(number) and number else b""


def _flag(value: object) -> bytes:
    return bytes(FLAG_BYTES) if value is True else b""


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
