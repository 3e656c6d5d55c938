"""gen-c: a cross-compiling C code generator for neural networks on microcontrollers."""

__version__ = "0.1.0"
ABI = 1
"""Number shared by generated code and ``genc.h``; both refuse to compile against another."""
