"""Builds a generated library, runs it on this PC or in an emulator and compares it with the truth."""

from codegen.verify.report import Report, verify_model
from codegen.verify.run import Result, run_package, target_of

__all__ = ["Report", "Result", "run_package", "target_of", "verify_model"]
