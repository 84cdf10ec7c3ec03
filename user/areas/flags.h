/* SPDX-License-Identifier: GPL-2.0-only */
/* The flags of struct vm_struct (include/linux/vmalloc.h); those that decide are in model/op.h. */
#ifndef PWTRACE_FLAGS_H
#define PWTRACE_FLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "model/op.h"

#define VM_IOREMAP 0x00000001UL
#define VM_MAP	   0x00000004UL

/* "VM_ALLOC", of one bit; NULL: it has no name. */
const char *vm_flag_name(unsigned int bit);

#endif
