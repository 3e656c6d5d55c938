"""kmodel v3: the file that Kendryte's kpu.c and MaixPy load.  docs/kpu.md says what it can express."""

from __future__ import annotations

import io
import json
import zipfile

from codegen.ir import Graph
from codegen.kmodel.export import export
from codegen.kmodel.file import is_kmodel, read_kmodel, write_kmodel
from codegen.passes import run_passes
from codegen.passes.quantized_borders import quantized_borders

FORMATS = ("kmodel", "kfpkg")
FLASH_ADDRESS = 0x300000
"""Where MaixPy users keep their model."""
EPOCH = (1980, 1, 1, 0, 0, 0)

__all__ = ["FORMATS", "is_kmodel", "kmodel_of", "package_of", "read_kmodel", "write_kmodel"]


def kmodel_of(imported: Graph, *, exact: bool = False) -> bytes:
    """A graph, as imported, as a file; `exact` refuses convolutions that are not TFLite's for every sum.

    Raises:
        GencError: with every layer that version 3 cannot express.
    """
    graph = quantized_borders(imported).copy()
    run_passes(graph)
    return write_kmodel(export(graph, exact=exact))


def package_of(kmodel: bytes, name: str) -> bytes:
    """A kfpkg for kflash: a zip of the file and a list that says where in the flash it goes."""
    listed = {"address": FLASH_ADDRESS, "bin": f"{name}.kmodel", "sha256Prefix": False}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        contents = json.dumps({"version": "0.1.0", "files": [listed]}, indent=2)
        archive.writestr(zipfile.ZipInfo("flash-list.json", EPOCH), contents, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(f"{name}.kmodel", EPOCH), kmodel, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
