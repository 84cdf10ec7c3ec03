/* SPDX-License-Identifier: GPL-2.0-only */
/* What user/source/ and bpf/tables.bpf.c have in common. */
#ifndef PWTRACE_BPF_TABLES_H
#define PWTRACE_BPF_TABLES_H

/* More than one run is asked for. */
#define PWT_PAGE_SLOTS 128 /* a power of two */

struct pwt_read_tables {
	unsigned int nr; /* of wanted[], at most what the map has room for */
};

#endif
