// SPDX-License-Identifier: GPL-2.0-only
#include "flags.h"

static const char *const names[] = {
	"VM_IOREMAP",	    "VM_ALLOC",		  "VM_MAP",
	"VM_USERMAP",	    "VM_DMA_COHERENT",	  "VM_UNINITIALIZED",
	"VM_NO_GUARD",	    "VM_KASAN",		  "VM_FLUSH_RESET_PERMS",
	"VM_MAP_PUT_PAGES", "VM_ALLOW_HUGE_VMAP", "VM_DEFER_KMEMLEAK",
	"VM_SPARSE",
};

const char *vm_flag_name(unsigned int bit)
{
	return bit < sizeof(names) / sizeof(*names) ? names[bit] : NULL;
}
