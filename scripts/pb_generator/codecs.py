"""Straight-line `encode` and `decode_part` methods of one message."""

from __future__ import annotations

from collections.abc import Callable

from .model import Field, Message

NameOf = Callable[[str], str]

TAKE_VARINT = ("v = raw[at]", "at += 1", "if v > 127:", "    v, at = read_varint(raw, at - 1)")
TAKE_SIZE = (
    "stop = at + 1 + raw[at]",
    "at += 1",
    "if stop - at > 127:",
    "    at, stop = read_size(raw, at - 1, end)",
    "elif stop > end:",
    "    raise truncated(cls.FULL_NAME)",
)
SMALL = "VARINT[v] if 0 <= v < 16384 else "
# How one scalar held in `v` is written, without its tag.
WRITE = {
    "int64": f"({SMALL}signed_varint(v))",
    "int32": f"({SMALL}signed_varint(v))",
    "enum": f"({SMALL}signed_varint(v))",
    "uint64": f"({SMALL}varint(v))",
    "uint32": f"({SMALL}varint(v))",
    "sint32": "zigzag32(v)",
    "sint64": "zigzag64(v)",
    "bool": '(b"\\x01" if v else b"\\x00")',
    "fixed32": 'v.to_bytes(4, "little")',
    "fixed64": 'v.to_bytes(8, "little")',
    "string": "sized_text(v)",
    "bytes": "sized(v)",
    "big_int": "sized_big_int(v)",
    "math_int": 'sized_text(v or "0")',
    "dec": 'sized_text(v or "0")',
}
# What a varint held in `v` means.
READ = {
    "int64": "read_signed64({v})",
    "int32": "read_signed32({v})",
    "enum": "read_signed32({v})",
    "uint64": "{v}",
    "uint32": "{v} & 0xFFFFFFFF",
    "sint32": "read_zigzag32({v})",
    "sint64": "read_zigzag64({v})",
    "bool": "{v} != 0",
}
# What length-delimited content means.
READ_CONTENT = {
    "string": 'str(raw[at:stop], "utf-8", "surrogateescape")',
    "math_int": 'str(raw[at:stop], "utf-8", "surrogateescape")',
    "dec": 'str(raw[at:stop], "utf-8", "surrogateescape")',
    "bytes": "raw[at:stop]",
    "big_int": "read_big_int(raw, at, stop)",
}
ALWAYS_WRITTEN = {"big_int", "math_int", "dec"}
PYTHON_TYPES = {"string": "str", "math_int": "str", "dec": "str", "bytes": "bytes", "bool": "bool"}


def element_type(item: Field, name_of: NameOf) -> str:
    """The Python type of one value of the field."""
    return name_of(item.type_name) if item.kind == "message" else PYTHON_TYPES.get(item.kind, "int")


def _tag(item: Field, wire_type: int) -> int:
    return item.number << 3 | wire_type


def _tag_bytes(item: Field, wire_type: int) -> str:
    number, out = _tag(item, wire_type), bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in out) + '"'


def encode_lines(message: Message) -> list[str]:
    """The body of `encode`."""
    if not message.fields:
        return ['return b""']
    lines = ['out = b""']
    for item in message.fields:
        lines += _encode_field(item)
    return [*lines, "return out"]


def _encode_field(item: Field) -> list[str]:
    if item.label == "repeated":
        return _encode_repeated(item)
    get, tag = f"v = self.{item.name}", _tag_bytes(item, item.wire_type)
    if item.kind == "message":
        write = ["", "size = len(part)"]
        write.append(f"out += {tag} + (VARINT[size] if size < 16384 else varint(size)) + part")
        if item.label == "one":
            return [f"part = self.{item.name}.encode()", *write[1:]]
        local = f"m{item.number}"
        inner = [f"part = {local}.encode()", *write[1:]]
        return [f"{local} = self.{item.name}", f"if {local} is not None:", *_indent(inner)]
    var = {"str": "s", "bytes": "d", "bool": "q"}.get(element_type(item, str), "v")
    out = f"out += {tag} + {WRITE[item.kind]}".replace("(v", f"({var}").replace("if v ", f"if {var} ")
    get = f"{var} = self.{item.name}"
    if item.label == "oneof":
        var2 = f"o{item.number}"
        return [f"{var2} = self.{item.name}", f"if {var2} is not None:", f"    {_renamed(item, tag, var2)}"]
    if item.kind in ALWAYS_WRITTEN:
        return [get, out]
    if item.kind == "bool":
        return [f"if self.{item.name}:", f'    out += {tag} + b"\\x01"']
    return [get, f"if {var}:", "    " + out]


def _renamed(item: Field, tag: str, name: str) -> str:
    text = WRITE[item.kind]
    for old in ("VARINT[v]", "<= v <", "(v)", "if v else", "v.to_bytes", "(v or"):
        text = text.replace(old, old.replace("v", name))
    return f"out += {tag} + {text}"


def _encode_repeated(item: Field) -> list[str]:
    value = f"self.{item.name}"
    if item.kind == "message":
        return [f"if {value}:", f"    out += repeated_messages({_tag_bytes(item, 2)}, {value})"]
    if item.kind in ("bytes", "string"):
        helper = "repeated_bytes" if item.kind == "bytes" else "repeated_text"
        return [f"if {value}:", f"    out += {helper}({_tag_bytes(item, 2)}, {value})"]
    if not item.is_packed:
        raise ValueError(f"repeated {item.kind} is not supported: {item.name}")
    var = f"e{item.number}"
    one = _renamed(item, "", var).split(" + ", 1)[1]
    return [f"if {value}:", f"    out += {_tag_bytes(item, 2)} + packed([{one} for {var} in {value}])"]


def _indent(lines: list[str], by: int = 1) -> list[str]:
    return ["    " * by + line for line in lines]


def decode_lines(message: Message, name_of: NameOf) -> list[str]:
    """The body of `decode_part`."""
    lines = [_initial(item, name_of) for item in message.fields]
    loop = ["tag = raw[at]", "at += 1", "if tag > 127:", "    tag, at = read_varint(raw, at - 1)"]
    word = "if"
    for item in message.fields:
        for tag, body in _branches(item, name_of, message):
            loop += [f"{word} tag == {tag}:", *_indent(body)]
            word = "elif"
    other = "at = read_other(raw, at, end, tag, cls.NUMBERS)"
    loop += ["else:", f"    {other}"] if message.fields else [other]
    lines += ["while at < end:", *_indent(loop), "if at != end:", "    raise truncated(cls.FULL_NAME)"]
    if not message.fields:
        return [*lines, "return cls()"]
    return [*lines, "return cls(", *(f"    {item.name}={_final(item, name_of)}," for item in message.fields), ")"]


def _initial(item: Field, name_of: NameOf) -> str:
    kind = element_type(item, name_of)
    if item.label == "repeated":
        return f"f_{item.name}: list[{kind}] = []"
    if item.kind == "message" or item.label == "oneof":
        return f"f_{item.name}: {kind} | None = None"
    if item.kind == "big_int":
        return f"f_{item.name}: int = NIL_INT"
    return f"f_{item.name} = " + {"str": '""', "bytes": 'b""', "bool": "False"}.get(kind, "0")


def default_of(item: Field, name_of: NameOf) -> str:
    """The default of the field as a Python expression."""
    if item.label == "repeated":
        return "()"
    if item.label in ("nullable", "oneof"):
        return "None"
    if item.kind == "message":
        seconds = "seconds=-62135596800" if item.std == "time" else ""
        return f"{name_of(item.type_name)}({seconds})"
    kind = element_type(item, name_of)
    return "NIL_INT" if item.kind == "big_int" else {"str": '""', "bytes": 'b""', "bool": "False"}.get(kind, "0")


def _final(item: Field, name_of: NameOf) -> str:
    local = f"f_{item.name}"
    if item.label == "repeated":
        return f"tuple({local})"
    if item.kind == "message" and item.label == "one":
        return f"{default_of(item, name_of)} if {local} is None else {local}"
    return local


def _branches(item: Field, name_of: NameOf, message: Message) -> list[tuple[int, list[str]]]:
    """(tag, statements) for each tag the field may arrive with."""
    local = f"f_{item.name}"
    clear = [f"f_{other.name} = None" for other in message.fields if item.oneof and other.oneof == item.oneof != ""]
    clear = [line for line in clear if line != f"{local} = None"]
    if item.is_packed:
        return [(_tag(item, item.wire_type), _take_one(item, local)), (_tag(item, 2), _take_packed(item, local))]
    if item.kind == "message":
        body = _take_message(item, local, name_of(item.type_name))
    elif item.wire_type == 2:
        content = READ_CONTENT[item.kind]
        body = [*TAKE_SIZE, _store(item, local, content), "at = stop"]
    else:
        body = _take_one(item, local)
    return [(_tag(item, item.wire_type), body + clear)]


def _store(item: Field, local: str, value: str) -> str:
    return f"{local}.append({value})" if item.label == "repeated" else f"{local} = {value}"


def _take_one(item: Field, local: str) -> list[str]:
    if item.kind in ("fixed32", "fixed64"):
        width = 4 if item.kind == "fixed32" else 8
        lines = [f"stop = at + {width}", "if stop > end:", "    raise truncated(cls.FULL_NAME)"]
        return [*lines, _store(item, local, 'int.from_bytes(raw[at:stop], "little")'), "at = stop"]
    return [*TAKE_VARINT, _store(item, local, READ[item.kind].format(v="v"))]


def _take_packed(item: Field, local: str) -> list[str]:
    if item.kind not in READ:
        raise ValueError(f"repeated {item.kind} is not supported: {item.name}")
    one = READ[item.kind].format(v="v")
    values = "read_packed(raw, at, stop)"
    if one != "v":
        values = f"[{one} for v in {values}]"
    return [*TAKE_SIZE, f"{local}.extend({values})", "at = stop"]


def _take_message(item: Field, local: str, name: str) -> list[str]:
    part = f"{name}.decode_part(raw, at, stop)"
    if item.label == "repeated":
        store = [f"{local}.append({part})"]
        if item.std:
            store.append(f"check_std_{item.std}({local}[-1].seconds, {local}[-1].nanos)")
    elif item.label == "oneof":
        store = [f"{local} = {part}"]
    elif item.std:
        store = [f"{local} = {part}", f"check_std_{item.std}({local}.seconds, {local}.nanos)"]
    else:
        store = [f"{local} = {part} if {local} is None else {name}.decode({local}.encode() + raw[at:stop])"]
    return [*TAKE_SIZE, *store, "at = stop"]
