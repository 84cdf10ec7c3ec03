# SPDX-License-Identifier: GPL-2.0-only
#
# translate.py CORE < RUNS: 1,000 addresses by drgn, out of the tables in CORE, against RUNS, lines of "ADDRESS SIZE PHYSICAL".
#
# A core that has tables and nothing else cannot give what is mapped, and drgn says at which physical address it misses it;
# where that is a table it has to read the same by both addresses.
import random
import sys

import drgn

program = drgn.Program()
program.set_core_dump(sys.argv[1])
runs = [[int(field, 0) for field in line.split()] for line in sys.stdin]
same = unmapped = 0
for _ in range(1000):
    start, size, physical = random.choice(runs)
    offset = random.randrange(0, size, 8)
    try:
        found = program.read(start + offset, 8) == program.read(physical + offset, 8, True)
    except drgn.FaultError as error:
        found = error.address == physical + offset
        unmapped += "is not mapped" in str(error)
        if not found:
            print(f"{start + offset:#x}: {error}, and not {physical + offset:#x}")
    same += found
print(f"{same} the same, {unmapped} not mapped")
