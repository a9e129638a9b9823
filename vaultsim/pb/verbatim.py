"""Genesis sections of which only a part is read: kept as JSON text, so that they are exported as they were read."""

from __future__ import annotations

import json
from typing import Any as Json
from typing import Self

from vaultsim.pb.runtime import Message


class VerbatimSection(Message, frozen=True, kw_only=True):
    """A section's JSON text; a subclass names the message it stands for and checks in `require_readable`."""

    document: str = "{}"

    @classmethod
    def require_readable(cls, section: object, path: str) -> None:
        """Raises JsonError when what is read of the section does not fit."""

    def to_json(self) -> dict[str, Json]:
        """The section as it was read."""
        section: dict[str, Json] = json.loads(self.document)
        return section

    @classmethod
    def from_json(cls, obj: object, path: str = "$", *, ignore_unknown: bool = False) -> Self:
        """The section. Raises JsonError."""
        cls.require_readable(obj, path)
        return cls(document=json.dumps(obj))
