#!/usr/bin/env bash
# Installs the Debian packages that gen-c's commands or tests need and that are missing.
#
#   tools/setup.sh run     a C compiler and Python's venv: `make demo`
#   tools/setup.sh test    cross compilers, emulators: `make test`
#
# Without root or sudo, or where a package is not to be had, the reason is printed and the tests that need
# it are skipped.  On CI (CI=true) that is a failure.
set -euo pipefail

# set | how to see that it is there | Debian packages
TABLE='
run  | cc --version                                                   | gcc libc6-dev
run  | python3 -c "import ensurepip, venv"                            | python3-venv
test | g++ --version                                                  | g++
test | clang --version                                                | clang
test | cmake --version                                                | cmake
test | arm-none-eabi-gcc --version                                    | gcc-arm-none-eabi
test | has arm-none-eabi-gcc rdimon.specs                             | libnewlib-arm-none-eabi
test | riscv64-unknown-elf-gcc --version                              | gcc-riscv64-unknown-elf
test | has riscv64-unknown-elf-gcc picolibc.specs                     | picolibc-riscv64-unknown-elf
test | xtensa-lx106-elf-gcc --version                                 | gcc-xtensa-lx106
test | has xtensa-lx106-elf-gcc libc.a                                | picolibc-xtensa-lx106-elf
test | qemu-system-arm --version                                      | qemu-system-arm
test | qemu-system-riscv32 --version && qemu-system-riscv64 --version | qemu-system-misc
test | chromium --version                                             | chromium
test | qemu-system-xtensa --version                                   | qemu-system-misc
'

# A compiler prints a path when it finds the file, and the bare name when it does not.
has() { [[ "$("$1" -print-file-name="$2")" == */* ]]; }

# The packages of a set whose check fails, one a line.
missing() {
    while IFS='|' read -r set check packages; do
        if [[ "${set// /}" == "$1" ]] && ! eval "$check" >/dev/null 2>&1; then printf '%s\n' $packages; fi
    done <<<"$TABLE" | sort -u
}

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

wanted=$(missing "$1")
[[ -z "$wanted" ]] && exit 0

reason="apt-get is not here"
if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    reason="neither root nor sudo without a password"
    if as_root true 2>/dev/null; then
        echo "installing" $wanted
        reason="apt-get could not install it"
        as_root apt-get update -qq || true
        for package in $wanted; do
            as_root apt-get install -y -qq --no-install-recommends "$package" >/dev/null || true
        done
    fi
fi

wanted=$(missing "$1")
[[ -z "$wanted" ]] && exit 0
echo "missing ($reason):" $wanted >&2
if [[ "$1" == run || "${CI:-}" == true ]]; then exit 1; fi
echo "tests that need them will be skipped" >&2
