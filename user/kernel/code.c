// SPDX-License-Identifier: GPL-2.0-only
#include "code.h"

#include <errno.h>
#include <stdlib.h>

#define REG_FP 29
#define REG_SP 31

int code_read(const struct kernel *kernel, struct kcore *kcore, const char *function,
	      struct code *code)
{
	uint64_t start, end;

	*code = (struct code){};
	if (kernel_code(kernel, function, &start, &end) || end <= start || start & 3)
		return -ENOENT;
	if (end - start > CODE_MAX)
		end = start + CODE_MAX;
	code->nr = (end - start) / sizeof(uint32_t);
	code->insns = malloc(end - start);
	if (!code->insns)
		return -ENOMEM;
	if (!kcore_get(kcore, start, code->insns, code->nr * sizeof(uint32_t)) && code->insns[0])
		return 0;
	free(code->insns);
	*code = (struct code){};
	return -ENOENT;
}

/* MOVZ, of 32 or 64 bits, not shifted (Arm ARM C6.2) */
bool code_has_constant(const struct code *code, uint16_t value)
{
	for (size_t i = 0; i < code->nr; i++)
		if ((code->insns[i] & 0x7fe00000) == 0x52800000 &&
		    (code->insns[i] >> 5 & 0xffff) == value)
			return true;
	return false;
}

/* LDR, LDRSW with an unsigned offset: size in 31:30, offset in units of it in 21:10. */
static bool is_load(uint32_t insn, uint32_t offset, uint32_t size)
{
	uint32_t base = insn >> 5 & 31, log = insn >> 30;
	bool load = (insn & 0x3fc00000) == 0x39400000 || (insn & 0xffc00000) == 0xb9800000;

	return load && base != REG_SP && base != REG_FP && 1U << log == size &&
	       (insn >> 10 & 0xfff) << log == offset;
}

/* LDP, LDPSW with a signed offset: units of the register's size in 21:15. */
static bool is_pair_load(uint32_t insn, uint32_t offset, uint32_t size)
{
	uint32_t base = insn >> 5 & 31, each = insn >> 31 ? 8 : 4;
	bool load = (insn & 0x7fc00000) == 0x29400000 || (insn & 0xffc00000) == 0x69400000;
	int32_t at = (int32_t)(insn << 10) >> 25;

	if ((insn & 0xffc00000) == 0x69400000)
		each = 4;
	return load && base != REG_SP && base != REG_FP && each == size &&
	       (at * (int32_t)each == (int32_t)offset ||
		(at + 1) * (int32_t)each == (int32_t)offset);
}

bool code_loads(const struct code *code, uint32_t offset, uint32_t size)
{
	for (size_t i = 0; i < code->nr; i++)
		if (is_load(code->insns[i], offset, size) ||
		    is_pair_load(code->insns[i], offset, size))
			return true;
	return false;
}
