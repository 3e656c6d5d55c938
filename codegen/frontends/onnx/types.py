"""Element types of ONNX (TensorProto.DataType) and what gen-c computes with instead."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.ir import DType

NAMES = (
    *("undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16"),
    *("double", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz"),
    *("float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2"),
)

WIDENED: dict[int, DType] = {
    NAMES.index(name): dtype
    for name, dtype in {
        "float": DType.FLOAT32,
        "uint8": DType.UINT8,
        "int8": DType.INT8,
        "int16": DType.INT16,
        "int32": DType.INT32,
        "int64": DType.INT64,
        "bool": DType.BOOL,
        "float16": DType.FLOAT32,
        "bfloat16": DType.FLOAT32,
    }.items()
}
"""float16 and bfloat16 are computed in float32: weights keep their values, sums are more exact."""


CONSTANTS: dict[int, DType] = {**WIDENED, NAMES.index("double"): DType.FLOAT32}
"""Constants of double, as exporters leave them between casts, are rounded to float32 at once."""


def constant_type(number: int, what: str) -> DType:
    """The element type of a constant; other tensors cannot be double.

    Raises:
        RefusedError: gen-c has none.
    """
    return CONSTANTS[number] if number in CONSTANTS else element_type(number, what)


def element_type(number: int, what: str) -> DType:
    """The element type with a number of TensorProto.DataType.

    Raises:
        RefusedError: gen-c has none; `what` says whose type it is.
    """
    if number in WIDENED:
        return WIDENED[number]
    name = NAMES[number] if 0 <= number < len(NAMES) else str(number)
    cure = "Export the model in float32." if name in {"double", "undefined"} else ""
    raise RefusedError(f"{what} has element type {name}, which is not supported", cure, ("type", number))
