"""The packages build where their users build them, in a path with spaces."""

import re
import subprocess
from pathlib import Path

from tests.support.tools import need

STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")

# As ESP-IDF's own: unknown arguments are an error; what it is given must exist.
IDF_STUB = """
cmake_minimum_required(VERSION 3.16)
project(stub C)
function(idf_component_register)
    cmake_parse_arguments(_ "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES;LDFRAGMENTS" ${ARGN})
    if(__UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "unknown: ${__UNPARSED_ARGUMENTS}")
    endif()
    add_library(component STATIC ${__SRCS})
    target_include_directories(component PUBLIC ${__INCLUDE_DIRS})
    set(COMPONENT_LIB component PARENT_SCOPE)
endfunction()
set(ESP_PLATFORM 1)
add_subdirectory("${PACKAGE}" package)
"""

# What the example needs of the Arduino core.
ARDUINO_STUB = """
#include <stdint.h>
#include <stdio.h>
#include <string.h>
struct {
    void begin(long) {}
    void print(const char *text) { printf("%s", text); }
    void print(char c) { printf("%c", c); }
    void print(long value) { printf("%ld", value); }
    void print(unsigned long value) { printf("%lu", value); }
    void print(double value) { printf("%.2f", value); }
    void println() { printf("\\n"); }
    void println(const char *text) { printf("%s\\n", text); }
} Serial;
static unsigned long micros() { return 0; }
static void delay(unsigned long) {}
void setup();
void loop();
int main() { setup(); loop(); }
"""

KENDRYTE_FLAGS = [
    *("-march=rv64imafc", "-mabi=lp64f", "-mcmodel=medany", "-std=gnu11", "-Os"),
    *("-ffast-math", "-fno-math-errno", "-fsingle-precision-constant", "-fno-zero-initialized-in-bss"),
    *("-fno-common", "-ffunction-sections", "-fdata-sections", "-fstrict-volatile-bitfields"),
    *("-Wall", "-Wextra", "-Werror", "-Wframe-larger-than=32768"),
]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_cmake_by_itself_runs_the_example(package: Path, tmp_path: Path) -> None:
    need("cmake", "cc")
    build = tmp_path / "build here"
    run("cmake", "-S", package, "-B", build, f"-DCMAKE_C_FLAGS={' '.join(STRICT)}")
    run("cmake", "--build", build)
    out = run(build / f"{package.name}_print")
    assert "self-test passed, 0 bytes differ" in out
    assert "output 0:" in out


def test_cmake_installed_is_found(package: Path, tmp_path: Path) -> None:
    need("cmake", "cc")
    name = package.name
    build, prefix, user = tmp_path / "build", tmp_path / "the prefix", tmp_path / "user"
    run("cmake", "-S", package, "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}")
    run("cmake", "--build", build)
    run("cmake", "--install", build)
    user.mkdir()
    user.joinpath("CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.13)\nproject(user C)\nfind_package({name} 0.1 CONFIG REQUIRED)\n"
        f"add_executable(user main.c)\ntarget_link_libraries(user PRIVATE {name}::{name})\n"
    )
    user.joinpath("main.c").write_text((package / "examples/print/main.c").read_text())
    run("cmake", "-S", user, "-B", user / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", user / "build")
    assert "self-test passed" in run(user / "build" / "user")


def test_two_packages_in_one_firmware(packages: Path, tmp_path: Path) -> None:
    """As CubeMX users do it: add_subdirectory and one line to link."""
    need("cmake", "cc")
    tmp_path.joinpath("CMakeLists.txt").write_text(
        f'cmake_minimum_required(VERSION 3.13)\nproject(firmware C)\nadd_subdirectory("{packages}/digits" digits)\n'
        f'add_subdirectory("{packages}/ports" ports)\nadd_executable(firmware main.c)\n'
        "target_link_libraries(firmware PRIVATE digits::digits ports::ports)\n"
    )
    tmp_path.joinpath("main.c").write_text(
        '#include "digits_selftest.h"\n#include "ports_selftest.h"\n'
        "static digits_t a; static ports_t b;\n"
        "int main(void) { return digits_selftest(&a) || ports_selftest(&b) || digits_selftest(&a); }\n"
    )
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_C_FLAGS={' '.join(STRICT)}")
    run("cmake", "--build", tmp_path / "build")
    run(tmp_path / "build" / "firmware")
    targets = run("cmake", "--build", tmp_path / "build", "--target", "help")
    assert "digits_print" not in targets, "the example belongs to the package, not to its user"


def test_esp_idf_component(package: Path, tmp_path: Path) -> None:
    need("cmake", "cc")
    tmp_path.joinpath("CMakeLists.txt").write_text(IDF_STUB)
    flags = f"-DCMAKE_C_FLAGS=-std=gnu17 {' '.join(STRICT)}"
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DPACKAGE={package}", flags)
    run("cmake", "--build", tmp_path / "build", "--target", "component")


def test_esp_idf_example(package: Path, tmp_path: Path) -> None:
    """The same main.c has an app_main for ESP-IDF."""
    need("cc", "nm")
    main = tmp_path / "main.o"
    run("cc", "-DESP_PLATFORM", *STRICT, f"-I{package}/src", "-c", package / "examples/print/main.c", "-o", main)
    assert re.search(r" T _?app_main$", run("nm", main), re.MULTILINE)


def test_arduino_sketch(package: Path, tmp_path: Path) -> None:
    """Only src/ is on the include path; sources are loose objects; the sketch is C++."""
    need("cc", "c++")
    include = f"-I{package}/src"
    sources = sorted((package / "src").glob("*.c"))
    run("cc", "-Os", "-w", include, "-c", *sources, cwd=tmp_path)
    sketch = package / "examples" / f"{package.name}_print" / f"{package.name}_print.ino"
    stub = tmp_path / "Arduino.h"
    stub.write_text(ARDUINO_STUB)
    objects = sorted(tmp_path.glob("*.o"))
    command = ("c++", "-std=gnu++11", *STRICT, include, "-include", stub, "-x", "c++", sketch, "-x", "none", *objects)
    run(*command, "-lm", "-o", tmp_path / "sketch")
    assert run(tmp_path / "sketch").startswith("self-test passed, 0 us\noutput 0:")


def test_kendryte_sdk(package: Path, tmp_path: Path) -> None:
    """The SDK compiles every .c below src/PROJECT with these flags; so must the copied src."""
    need("riscv64-unknown-elf-gcc")
    has_libc = subprocess.run(
        ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-E", "-include", "math.h", "-x", "c", "/dev/null"],
        capture_output=True,
        check=False,
    )
    libc = ["--specs=picolibc.specs"] if has_libc.returncode == 0 else []
    sources = sorted((package / "src").glob("*.c"))
    run("riscv64-unknown-elf-gcc", *libc, *KENDRYTE_FLAGS, "-c", *sources, cwd=tmp_path)
    assert len(list(tmp_path.glob("*.o"))) == len(sources)


def test_the_readme_compiles(package: Path, tmp_path: Path) -> None:
    """The C of README.md, put into a function."""
    need("cc")
    text = (package / "README.md").read_text()
    (snippet,) = re.findall(r"```c\n(.*?)```", text, re.DOTALL)
    declarations, statements = snippet.split(" /* all the RAM there is */\n")
    data = "\n".join(f"static const char {name}[4096];" for name in sorted(set(re.findall(r"\w+_data\b", statements))))
    program = tmp_path / "readme.c"
    program.write_text(
        f"#include <string.h>\n{declarations}\n{data}\n"
        "static void use(const void *p) { (void)p; }\n"
        f"int main(void) {{\n{statements}\nreturn 0; }}\n"
    )
    sources = sorted((package / "src").glob("*.c"))
    run("cc", *STRICT, f"-I{package}/src", program, *sources, "-lm", "-o", tmp_path / "readme")
    run(tmp_path / "readme")


def test_the_example_is_clean(package: Path, tmp_path: Path) -> None:
    need("cc")
    flags = ("-std=c99", "-Wconversion", "-Wshadow", "-Wundef", "-Wmissing-prototypes")
    example = package / "examples/print/main.c"
    run("cc", *flags, *STRICT, f"-I{package}/src", "-c", example, "-o", tmp_path / "main.o")
