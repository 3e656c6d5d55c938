"""C text of numbers, strings, arrays and parameter structs; valid C99 and C++17, free of conversion warnings."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from codegen.backends.candidate import Constant, ParamValue, RowsAhead, RowsHeld
from codegen.errors import GencError, Problem
from codegen.ir import Array

C_TYPES = {
    "bool": "uint8_t",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "float32": "float",
    "float64": "double",
}
"""C type of a numpy type; bool is a byte."""

_VALUES_PER_LINE = {1: 24, 2: 16, 4: 8, 8: 4}

Resolve = Callable[[Constant | RowsHeld | RowsAhead], str]
"""Gives the C text of what only the renderer knows: the name of a constant, the size of a ring."""


def c_type(array: Array) -> str:
    """C element type of an array.

    Raises:
        GencError: no C type stands for the array's.
    """
    if array.dtype.name not in C_TYPES:
        raise GencError("cannot write a constant", [Problem(array.dtype.name, "has no C type")])
    return C_TYPES[array.dtype.name]


def c_float(value: float) -> str:
    """A float32 literal that reads back bit for bit; infinities are HUGE_VALF (math.h).

    Raises:
        GencError: the value is not a number, which C cannot write as a constant.
    """
    if math.isnan(value):
        raise GencError("cannot write a constant", [Problem("a float value", "is not a number (NaN)")])
    if math.isinf(value):
        return "HUGE_VALF" if value > 0 else "-HUGE_VALF"
    text = f"{value:.9g}"
    return f"{text}f" if any(c in text for c in ".e") else f"{text}.0f"


def c_int(value: int) -> str:
    """An integer constant expression of the smallest sufficient of int32_t, uint32_t, int64_t."""
    if value == -(2**31):
        return "INT32_MIN"
    if value == -(2**63):
        return "INT64_MIN"
    if -(2**31) < value < 2**31:
        return str(value)
    return f"{value}u" if 0 < value < 2**32 else f"INT64_C({value})"


def c_value(value: ParamValue, resolve: Resolve) -> str:
    """The C expression of a parameter field."""
    match value:
        case None:
            return "NULL"
        case Constant() | RowsHeld() | RowsAhead():
            return resolve(value)
        case str():
            return value
        case int():
            return c_int(int(value))
        case _:
            return c_float(value)


def c_params(fields: Sequence[tuple[str, ParamValue]], resolve: Resolve) -> str:
    """A positional struct initialiser in braces, one line per field: ``    48, /* in_w */``, comments aligned."""
    values = [f"{c_value(value, resolve)}," for _, value in fields]
    width = max(map(len, values), default=0)
    lines = [f"    {value:{width}} /* {name} */" for value, (name, _) in zip(values, fields, strict=True)]
    return "\n".join(["{", *lines, "}"])


def c_values(array: Array) -> str:
    """The elements of an array, comma separated, several a line, indented by four."""
    flat = array.ravel()
    per_line = _VALUES_PER_LINE[array.dtype.itemsize]
    texts: Iterable[str]
    if array.dtype.name == "float64":
        texts = (f"{v:.17e}" for v in flat.tolist())
    elif array.dtype.kind == "f":
        texts = map(c_float, flat.tolist())
    elif array.dtype.itemsize <= 2:
        texts = map(str, flat.astype(np.int32).tolist())
    elif array.dtype.name == "uint32":
        texts = (f"{v}u" for v in flat.tolist())
    elif array.dtype.name == "uint64":
        texts = (f"UINT64_C({v:#x})" for v in flat.tolist())
    else:
        texts = map(c_int, flat.tolist())
    words = list(texts)
    return ",\n".join("    " + ", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line))


def c_declaration(constant: Constant, name: str) -> str:
    """What stands before ``;`` or ``=``: ``GENC_ALIGNED(4) const int8_t name[96]``."""
    return f"GENC_ALIGNED({constant.align}) const {c_type(constant.array)} {name}[{constant.array.size}]"


def c_array(constant: Constant, name: str, *, static: bool = False) -> str:
    """Definition of a constant array, with its comment; needs stdint.h and genc.h."""
    comment = f"/* {c_comment(constant.comment)} */\n" if constant.comment else ""
    storage = "static " if static else ""
    return f"{comment}{storage}{c_declaration(constant, name)} = {{\n{c_values(constant.array)}\n}};\n"


def c_extern(constant: Constant, name: str) -> str:
    """The declaration of an array that :func:`c_array` defines elsewhere."""
    return f"extern const {c_type(constant.array)} {name}[{constant.array.size}];\n"


def c_comment(text: str) -> str:
    """Text that is safe inside a C comment: one line, printable ASCII, cannot end the comment."""
    line = "".join(c if " " <= c <= "~" else "?" for c in " ".join(text.split()))
    return line.replace("*/", "* /").replace("/*", "/ *").rstrip("\\")


def c_string(text: str) -> str:
    """A C string literal of the text's UTF-8 bytes; three-digit octal escapes, no trigraphs."""
    plain = set(range(0x20, 0x7F)) - set(b'"\\?')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode("utf-8", "replace")) + '"'


COMMENT_CHARACTERS = 44
STRING_CHARACTERS = 200
"""Names of strangers may be long: C promises string literals of 4095 bytes, people read less."""


def short_comment(text: str, limit: int = COMMENT_CHARACTERS) -> str:
    """Text for a comment, cut in its middle: both ends of a layer's name say something."""
    if len(text) > limit:
        text = f"{text[: limit // 3]}...{text[-(limit - limit // 3 - 3) :]}"
    return re.sub(r"\?(?=\?)", "? ", c_comment(text))  # no trigraphs


def short_string(text: str) -> str:
    """A C string literal of at most STRING_CHARACTERS characters of the text."""
    return c_string(text[:STRING_CHARACTERS])
