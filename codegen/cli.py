"""`gen-c`: arguments in, exit code out; no logic.

Exit codes: 0 done, 1 verify found a difference, 2 the input or an option is at fault, 3 a defect of gen-c.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from codegen import __version__
from codegen.errors import GencError

EXIT_OK, EXIT_DIFFERENT, EXIT_USAGE, EXIT_DEFECT = 0, 1, 2, 3

RANGES = ("minmax", "minmax98", "meanminmax", "kld")

EXAMPLES = """\
examples:
  gen-c kws.tflite --board esp32                write ./kws/, ready for ESP-IDF, PlatformIO, Arduino, CMake
  gen-c kws.tflite --board stm32 -o lib/kws     the same for a Cortex-M4, into lib/kws
  gen-c kws.tflite --board stm32 --ram 24k      the fastest plan that runs in 24 KiB
  gen-c cam.tflite --board stm32 --input rows   NAME_push_row() instead of an image in RAM
  gen-c kws.tflite cam.tflite --board stm32     both in one package: kernels once, RAM shared by turns
  gen-c kws.tflite --board esp32s3 --place weights=DRAM:32k
                                                the constants that are read most often, in fast memory
  gen-c cam.tflite --board esp32s3 --place slow=PSRAM
                                                what does not fit into fast memory, least traffic first, into PSRAM
  gen-c verify kws.tflite                       build it for this PC, run it, compare with the model's meaning
  gen-c verify kws.tflite --board stm32f4       the same in an emulated Cortex-M4
  gen-c verify kws.tflite --layers              every tensor: range, saturation, the first layer that departs
  gen-c verify kws.tflite --io golden.npz       compare with recorded inputs and outputs
  gen-c bench kws.tflite --board stm32f4        instructions, time estimate, RAM, stack, flash, layer by layer
  gen-c report kws.tflite --board esp32         report.html: memory over time, layers, flash by kind
  gen-c size firmware.elf                       flash and RAM of a linked firmware: models, kernels, the rest
  gen-c vad.onnx --board stm32 --input-shape x=1x512 --fix sr=16000
                                                what an ONNX file leaves open
  gen-c cam.tflite --board k210 --format kmodel
                                                a kmodel v3, for MaixPy, instead of C
  gen-c kws_float.onnx --board k210 --calibrate samples.npz
                                                an int8 model of a float one, by samples of its inputs
  gen-c inspect kws.tflite                      layers, shapes, types, MACs, bytes
  gen-c boards                                  boards, their cores and memories
  gen-c ops                                     supported operators and their limits
  gen-c ops --backend cmsis-nn                  what a kernel library covers, by which functions

exit codes: 0 done; 1 verify found a difference; 2 input or option at fault; 3 defect of gen-c
"""


def generate(args: argparse.Namespace) -> int:
    """`gen-c MODEL --board B`: compile and write the library."""
    from codegen.boards import find_board
    from codegen.compiler import compile_package
    from codegen.render.writer import write

    if args.format != "c":
        return export(args)
    if args.board is None:
        raise GencError("no board given", [], cure="add --board NAME; `gen-c boards` lists the names")
    compiled = compile_package(args.model, find_board(args.board), options(args, force=args.force, golden=args.verify))
    directory = args.output or Path(compiled.summary.name)
    write(compiled.files, directory, force=args.force)
    report(args, compiled.summary.json(directory), compiled.summary.text(directory))
    if args.verify is None:
        return EXIT_OK
    return check(args, compiled, directory)


def export(args: argparse.Namespace) -> int:
    """`gen-c MODEL --format kmodel`: write a file that Kendryte's and MaixPy's interpreters load."""
    from codegen.kmodel.command import write_formats

    written = write_formats(args.model, args.board, options(args, force=args.force), args.format, args.output)
    for file in written:
        report(args, file.json(), file.text())
    return EXIT_OK


def verify(args: argparse.Namespace) -> int:
    """`gen-c verify MODEL`: compile into a temporary folder, build, run, compare; with --layers every tensor."""
    with temporary_library(args, args.board or "host") as (compiled, directory):
        return (check_layers if args.layers else check)(args, compiled, directory)


def check_layers(args: argparse.Namespace, compiled: Any, directory: Path) -> int:
    """Build and run the library in `directory`, compare layer by layer, report."""
    from codegen.boards import find_board
    from codegen.progress import step
    from codegen.verify.layers import verify_layers

    board, name = find_board(args.board or "host"), compiled.summary.name
    with step(f"building and running for {board.name}"):
        graph, program = compiled.graph, compiled.program
        quantized = compiled.quantized
        file = None if quantized else args.model
        found = verify_layers(directory, name, graph, program, board, model=file, io=args.io, quantized=quantized)
    report(args, found.json(), found.text())
    return EXIT_OK if found.passed else EXIT_DIFFERENT


@contextmanager
def temporary_library(args: argparse.Namespace, board: str) -> Iterator[tuple[Any, Path]]:
    """The model compiled for `board`, fit or not, and the folder its library lies in while the body runs."""
    import tempfile

    from codegen.boards import find_board
    from codegen.compiler import compile_model
    from codegen.render.writer import write

    compiled = compile_model(args.model, find_board(board), options(args, force=True))
    with tempfile.TemporaryDirectory(prefix="genc-") as folder:
        directory = Path(folder) / compiled.summary.name
        write(compiled.files, directory, force=False)
        yield compiled, directory


def check(args: argparse.Namespace, compiled: Any, directory: Path) -> int:
    """Build and run the library in `directory`, compare, report."""
    from codegen.boards import find_board
    from codegen.progress import step
    from codegen.verify import verify_model

    board = find_board(args.board if args.command == "verify" and args.board else "host")
    io = args.io if args.command == "verify" else args.verify
    with step(f"building and running for {board.name}"):
        name, graph, push = compiled.summary.name, compiled.graph, compiled.program.push
        result = verify_model(directory, name, graph, board, io, push=push, quantized=compiled.quantized)
    report(args, result.json(), result.text())
    return EXIT_OK if result.passed else EXIT_DIFFERENT


def bench(args: argparse.Namespace) -> int:
    """`gen-c bench MODEL --board B`: compile, run in the board's emulator, count."""
    from codegen.boards import find_board
    from codegen.progress import step
    from codegen.verify.bench import bench_model

    if args.board is None:
        raise GencError("no board given", [], cure="add --board NAME; `gen-c boards` lists those with an emulator")
    board = find_board(args.board)
    with temporary_library(args, board.name) as (compiled, directory), step(f"measuring on {board.name}"):
        name = compiled.summary.name
        graph, program = compiled.graph, compiled.program
        result = bench_model(directory, name, graph, program, board, io=args.io, quantized=compiled.quantized)
    report(args, result.json(), result.text())
    return EXIT_OK


def report_only(args: argparse.Namespace) -> int:
    """`gen-c report MODEL --board B`: compile, fit or not, and write the report alone."""
    from codegen.boards import find_board
    from codegen.compiler import compile_package
    from codegen.render.writer import write
    from codegen.report.kernels import layer_table

    compiled = compile_package(args.model, find_board(args.board or "host"), options(args, force=True))
    directory = args.output or Path(f"{compiled.summary.name}_report")
    write({path: compiled.files[path] for path in ("report.html", "report.json")}, directory, force=args.force)
    title = f"{compiled.summary.name} for {compiled.package.board.title}"
    layers = [f"\n{layer_table(model.program)}" for model in compiled.models]
    lines = [title, *compiled.summary.lines(), f"  report {directory}/report.html", *layers]
    report(args, compiled.facts, "\n".join(lines))
    return EXIT_OK


def inspect(args: argparse.Namespace) -> int:
    """`gen-c inspect MODEL`: the graph as a table; for a board or a library, the kernels too."""
    from codegen.boards import find_board
    from codegen.compiler import Options, compile_model
    from codegen.kmodel.command import inspect_kmodel
    from codegen.report.inspect import Inspection, inspect_model

    table = inspect_kmodel(args.model) or inspect_model(args.model, import_options(args))
    if (args.board or args.backend) and isinstance(table, Inspection) and table.supported:
        wish = Options(backend=args.backend, force=True, inputs=import_options(args))
        table.program = compile_model(args.model, find_board(args.board or "host"), wish).program
    report(args, table.json(), table.text())
    return EXIT_OK if table.supported else EXIT_USAGE


def size(args: argparse.Namespace) -> int:
    """`gen-c size firmware.elf`: whose the bytes of a firmware are."""
    from codegen.report.firmware import measure

    sizes = measure(args.firmware, args.model, args.stack)
    report(args, sizes.json(), sizes.text())
    return EXIT_OK


def boards(args: argparse.Namespace) -> int:
    """`gen-c boards`: what can be targeted."""
    from codegen.report.listing import board_listing

    report(args, *board_listing())
    return EXIT_OK


def ops(args: argparse.Namespace) -> int:
    """`gen-c ops`: what can be computed; with --backend, by which functions."""
    from codegen.report.coverage import backend_listing
    from codegen.report.listing import operator_listing

    report(args, *(backend_listing(args.backend) if args.backend else operator_listing()))
    return EXIT_OK


def options(args: argparse.Namespace, **more: Any) -> Any:
    """What the user wants of a compilation."""
    from codegen.compiler import Options
    from codegen.passes.keep_float import parse_layers
    from codegen.schedule import Goal

    more |= {
        "float_layers": parse_layers(args.layer),
        "calibration": calibration(args),
        "place": tuple(args.place),
        "quantized_io": args.quantized_io,
        "exact": args.exact,
        "inputs": import_options(args),
    }
    goal = Goal(args.optimize or "balanced", args.ram, input_rows=args.input == "rows")
    return Options(args.name, args.backend, goal=goal, **more)


def calibration(args: argparse.Namespace) -> Any:
    """How to quantise a float model; None leaves it in float."""
    from codegen.quantize import DEFAULT, Calibration

    if args.calibrate is None:
        alone = next((name for name in ("ranges", "weights") if getattr(args, name) is not None), None)
        if alone:
            raise GencError(f"--{alone} without --calibrate", cure="add --calibrate DATA.npz: samples of the inputs")
        return None
    return Calibration(args.calibrate, args.ranges or DEFAULT, args.weights or 8)


def import_options(args: argparse.Namespace) -> Any:
    """What the user says of a model's inputs."""
    from codegen.frontends.options import ImportOptions

    return ImportOptions.parse(tuple(args.input_shape), tuple(args.fix))


def byte_count(text: str) -> int:
    """``24k``, ``1m`` or ``24000`` as bytes."""
    number, factor = (
        (text[:-1], {"k": 1024, "m": 1024**2}[text[-1].lower()]) if text[-1:].lower() in ("k", "m") else (text, 1)
    )
    return int(number) * factor


def report(args: argparse.Namespace, data: Any, text: str) -> None:
    """Print `data` for scripts or `text` for people."""
    print(json.dumps(data, indent=2) if args.json else text)  # noqa: T201 - this is the program's output


COMMANDS = {
    "generate": generate,
    "verify": verify,
    "bench": bench,
    "report": report_only,
    "size": size,
    "inspect": inspect,
    "boards": boards,
    "ops": ops,
}


def parser() -> argparse.ArgumentParser:
    """The command line.  `gen-c MODEL ...` is `gen-c generate MODEL ...`."""
    top = argparse.ArgumentParser(
        prog="gen-c",
        description="Turn a trained neural network into C for a microcontroller.",
        epilog=EXAMPLES,
        usage="gen-c MODEL [MODEL ...] --board BOARD [-o DIR] [--name NAME] [--verify IO.npz] [--force]\n"
        "       gen-c {verify,bench,report,size,inspect,boards,ops} ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"gen-c {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print the result as JSON, for scripts")
    common.add_argument("--debug", action="store_true", help="show where in gen-c an error arose")
    inputs = argparse.ArgumentParser(add_help=False)
    inputs.add_argument(
        "--input-shape",
        action="append",
        default=[],
        metavar="NAME=1x576",
        help="shape of an input that the file leaves open",
    )
    inputs.add_argument(
        "--fix", action="append", default=[], metavar="NAME=VALUE", help="make an input a constant, e.g. sr=16000"
    )
    model = argparse.ArgumentParser(add_help=False, parents=[inputs])
    model.add_argument(
        "model", type=Path, metavar="MODEL", help="the trained model (.tflite, .onnx, .param, .pnnx.param)"
    )
    models = argparse.ArgumentParser(add_help=False, parents=[inputs])
    models.add_argument("model", type=Path, nargs="+", metavar="MODEL", help="one or several trained models")
    target = argparse.ArgumentParser(add_help=False)
    target.add_argument("--board", metavar="BOARD", help="what to generate for; `gen-c boards` lists the names")
    target.add_argument("--name", help="prefix of every C name (default: the model's file name)")
    target.add_argument(
        "--backend",
        metavar="LIB",
        help="kernel library: cmsis-nn, esp-nn, nnom; auto: the vendor's or ours, whichever is cheaper, layer by layer "
        "(default: ours for the board; portable runs anywhere)",
    )
    target.add_argument(
        "--optimize",
        choices=("ram", "speed", "flash"),
        help="the least RAM at any cost, no work for RAM, or the least flash "
        "(default: the least RAM that costs at most 5 %% more instructions; 13 %% with --input rows)",
    )
    target.add_argument(
        "--ram", type=byte_count, metavar="BYTES", help="RAM for an instance, e.g. 24k: least work within it"
    )
    target.add_argument(
        "--place",
        action="append",
        default=[],
        metavar="PART=MEMORY[:BYTES]",
        help="instance=PSRAM; slow=PSRAM: what does not fit into fast memory; weights=DRAM:32k: those constants that "
        "are read most often, into fast memory; auto: all of it, fastest memory first",
    )
    target.add_argument(
        "--quantized-io",
        action="store_true",
        help="integers at the borders of a quantised model with float inputs or outputs",
    )
    target.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="NAME=float32",
        help="compute a quantised layer in float32; NAME may hold * and ?",
    )
    add_calibration(target)
    target.add_argument(
        "--exact",
        action="store_true",
        help="k210: leave to the CPU what the KPU would compute with a last bit that may differ (the report lists it)",
    )
    target.add_argument(
        "--input", choices=("whole", "rows"), default="whole", help="rows: push the input row by row, or frame by frame"
    )

    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    make = commands.add_parser(
        "generate", parents=[models, target, common], help="write the C library (the default command)"
    )
    make.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder to write (default: ./NAME)")
    make.add_argument("--verify", type=Path, metavar="IO.npz", help="also run it on this PC against golden data")
    make.add_argument("--force", action="store_true", help="write even if the model does not fit, or DIR is not ours")
    make.add_argument(
        "--format",
        choices=("c", "kmodel", "kfpkg"),
        default="c",
        help="k210: a kmodel v3 for MaixPy and Kendryte's kpu.c, or one packed for kflash, instead of C",
    )
    test = commands.add_parser("verify", parents=[model, target, common], help="build, run, compare")
    test.add_argument("--io", type=Path, metavar="IO.npz", help="golden data (default: numpy's meaning of the model)")
    test.add_argument("--layers", action="store_true", help="compare every tensor, show ranges and saturation")
    measure = commands.add_parser("bench", parents=[model, target, common], help="count instructions in an emulator")
    measure.add_argument("--io", type=Path, metavar="IO.npz", help="inputs to run (default: random ones)")
    draw = commands.add_parser("report", parents=[models, target, common], help="write report.html and report.json")
    draw.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder to write (default: ./NAME_report)")
    draw.add_argument("--force", action="store_true", help="write even if DIR is not ours")
    weigh = commands.add_parser("size", parents=[common], help="whose the bytes of a linked firmware are")
    weigh.add_argument("firmware", type=Path, metavar="FIRMWARE.elf", help="the linked program, with its symbols")
    weigh.add_argument(
        "--model", type=Path, nargs="+", default=[], metavar="REPORT.json", help="of the libraries inside"
    )
    weigh.add_argument("--stack", type=Path, metavar="DIR", help="objects of gcc -fcallgraph-info=su: worst-case stack")
    look = commands.add_parser("inspect", parents=[model, common], help="layers, shapes, types, MACs, bytes")
    look.add_argument("--board", metavar="BOARD", help="also which kernel each layer gets on it, and why")
    look.add_argument("--backend", metavar="LIB", help="the same with this kernel library")
    commands.add_parser("boards", parents=[common], help="boards, cores, memories")
    table = commands.add_parser("ops", parents=[common], help="supported operators and their limits")
    table.add_argument("--backend", metavar="LIB", help="what this kernel library covers: functions and conditions")
    return top


def add_calibration(target: argparse.ArgumentParser) -> None:
    """The options that make an int8 model of a float one."""
    target.add_argument(
        "--calibrate",
        type=Path,
        metavar="DATA",
        help="make an int8 model of a float one: samples of its inputs, an .npy, an .npz or a folder of them",
    )
    target.add_argument(
        "--weights",
        type=int,
        choices=(8, 16),
        help="bits of the weights of convolutions of a model that is quantised",
    )
    target.add_argument(
        "--ranges",
        choices=RANGES,
        help="how to choose the ranges of the activations: all values (the default), without the outer 2 %%, the mean "
        "of the samples' extremes, or by Kullback-Leibler divergence",
    )


def with_command(argv: Sequence[str]) -> list[str]:
    """Insert the default command when the first word is a model."""
    first = next(iter(argv), "--help")
    return list(argv) if first in COMMANDS or first in ("-h", "--help", "--version") else ["generate", *argv]


def main(argv: Sequence[str] | None = None) -> int:
    """Run `gen-c`."""
    args = parser().parse_args(with_command(sys.argv[1:] if argv is None else argv) or ["--help"])
    try:
        return COMMANDS[args.command](args)
    except GencError as error:
        if args.debug:
            traceback.print_exc()
        complain(args, error)
        return EXIT_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback for the user
        if args.debug:
            traceback.print_exc()
        defect = f"this is a defect of gen-c: {type(error).__name__}: {error}"
        complain(args, GencError(defect, cure="please report it, with the output of the same command and --debug"))
        return EXIT_DEFECT


def complain(args: argparse.Namespace, error: GencError) -> None:
    """Say what is wrong: on stderr for people, on stdout as JSON for scripts."""
    if args.json:
        report(args, error.json(), "")
    print(f"gen-c: {error}", file=sys.stderr)  # noqa: T201 - this is the program's output


if __name__ == "__main__":
    sys.exit(main())
