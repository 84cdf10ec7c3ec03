# SPDX-License-Identifier: GPL-2.0-only
#
# Have drgn translate the address of every leaf that a dump has, by the table at the given address, a part at a time, and
# pwtrace dump the table before each. What it took both, and of how many drgn says something else, in the linear map and
# elsewhere.

import json
import re
import statistics
import subprocess
import sys
import time

from _drgn import FaultError, Program, _linux_helper_follow_phys

LINEAR_END = 0xFFFF800000000000
SIZES = {"pte": 1, "pmd": 512, "pud": 512 * 512}  # pages of 4K
ROUNDS = 15


def leaves(lines):
    for line in lines:
        run = json.loads(line)
        if run["type"] == "run" and run["kind"] in ("page", "block"):
            start, pa, step = int(run["start"], 16), int(run["pa"], 16), SIZES[run["level"]] * 4096
            for offset in range(0, run["size"], step):
                yield start + offset, pa + offset


def by_pwtrace():
    with open("/tmp/dump", "w") as out:
        said = subprocess.run(["pwtrace", "dump", "-v", "--ptdump"], stdout=out, stderr=subprocess.PIPE, check=True)
    return float(re.search(rb"written after ([0-9.]+) ms", said.stderr).group(1)) / 1000


def by_drgn(prog, table, part):
    differ = []
    begun = time.monotonic()
    for va, pa in part:
        try:
            same = _linux_helper_follow_phys(prog, table, va) == pa
        except FaultError:
            same = False
        if not same:
            differ.append(va)
    return time.monotonic() - begun, differ


def main(table, dump):
    prog = Program()
    prog.set_kernel()
    with open(dump) as lines:
        todo = list(leaves(lines))
    size = len(todo) // ROUNDS + 1
    pwtrace, each, differ = [], [], []
    for first in range(0, len(todo), size):
        part = todo[first : first + size]
        pwtrace.append(by_pwtrace())
        took, other = by_drgn(prog, table, part)
        each.append(took / len(part))
        differ += other
    linear = sum(va < LINEAR_END for va in differ)
    print(len(todo), statistics.median(pwtrace), statistics.median(each) * len(todo), linear, len(differ) - linear)


main(int(sys.argv[1], 16), sys.argv[2])
