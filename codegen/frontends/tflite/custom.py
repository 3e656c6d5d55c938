"""Custom operators of a TFLite file: those that a plug-in knows (codegen.custom)."""

from __future__ import annotations

from codegen.custom import CustomOperator
from codegen.frontends.tflite.operators import Rule, Site
from codegen.frontends.tflite.schema import FileOperator
from codegen.ir import Operator
from codegen.ir.ops import Custom


def custom_rule(maker: CustomOperator, op: FileOperator) -> Rule:
    """How to import `op`, which `maker` knows: any number of operands, which the maker checks."""

    def convert(site: Site) -> list[Operator]:
        return [site.make(Custom, site.inputs, site.outputs, maker=maker, options=op.custom_options)]

    return Rule(Custom, convert, (0, len(op.inputs)), None)
