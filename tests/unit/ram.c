// SPDX-License-Identifier: GPL-2.0-only
#include "ram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static const struct ram_piece *piece_at(const struct ram *ram, uint64_t pa)
{
	const struct ram_piece *last = &ram->pieces[ram->last];

	/* mostly it is the one that was asked for before */
	if (ram->last < ram->nr && pa - last->pa < last->nr * sizeof(uint64_t))
		return last;
	for (unsigned int i = 0; i < ram->nr; i++)
		if (pa - ram->pieces[i].pa < ram->pieces[i].nr * sizeof(uint64_t)) {
			((struct ram *)ram)->last = i;
			return &ram->pieces[i];
		}
	return NULL;
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	struct ram *ram = (struct ram *)memory;
	const struct ram_piece *piece = piece_at(ram, pa);
	uint64_t first = 0, nr;

	if (!piece)
		return false;
	nr = piece->nr;
	if (ram->chunk && piece < ram->pieces + ram->original) {
		first = (pa - piece->pa) / sizeof(uint64_t) / ram->chunk * ram->chunk;
		nr = piece->nr - first < ram->chunk ? piece->nr - first : ram->chunk;
	}
	*window = (struct pagewalk_window){ piece->pa + first * sizeof(uint64_t),
					    nr * sizeof(uint64_t), piece->entries + first };
	return true;
}

static int alloc(struct pagewalk_memory *memory, uint64_t size, uint64_t *pa)
{
	return ram_new((struct ram *)memory, size, pa);
}

void ram_init(struct ram *ram)
{
	*ram = (struct ram){ .memory.find = find };
}

void ram_release(struct ram *ram)
{
	for (unsigned int i = 0; i < ram->nr; i++)
		free(ram->pieces[i].entries);
	ram->nr = ram->original = 0;
}

uint64_t *ram_add(struct ram *ram, uint64_t pa, unsigned int nr)
{
	struct ram_piece *piece = &ram->pieces[ram->nr];

	if (ram->nr == RAM_MAX)
		abort();
	*piece = (struct ram_piece){ pa, nr, calloc(nr, sizeof(uint64_t)) };
	ram->original = ++ram->nr;
	return piece->entries;
}

void ram_allow(struct ram *ram, uint64_t pa, uint64_t size, unsigned int nr)
{
	ram->memory.alloc = alloc;
	ram->next = pa;
	ram->limit = pa + nr * size;
}

int ram_new(struct ram *ram, uint64_t size, uint64_t *pa)
{
	unsigned int original = ram->original;

	if (ram->limit - ram->next < size || ram->nr == RAM_MAX)
		return -ENOMEM;
	*pa = ram->next;
	ram->next += size;
	ram_add(ram, *pa, size / sizeof(uint64_t));
	ram->original = original;
	return 0;
}

uint64_t *ram_at(const struct ram *ram, uint64_t pa)
{
	const struct ram_piece *piece = piece_at(ram, pa);

	return piece ? piece->entries + (pa - piece->pa) / sizeof(uint64_t) : NULL;
}

uint64_t *ram_run(const struct ram *ram, uint64_t pa, unsigned int nr)
{
	struct pagewalk_window window;

	if (!find((struct pagewalk_memory *)&ram->memory, pa, &window) ||
	    window.pa + window.size - pa < nr * sizeof(uint64_t))
		return NULL;
	return window.entries + (pa - window.pa) / sizeof(uint64_t);
}

uint64_t ram_pa(const struct ram *ram, const void *entry)
{
	for (unsigned int n = 0; n <= ram->nr; n++) {
		/* as above */
		unsigned int i = n ? n - 1 : ram->last;
		uintptr_t at = (uintptr_t)entry - (uintptr_t)ram->pieces[i].entries;

		if (at < ram->pieces[i].nr * sizeof(uint64_t)) {
			((struct ram *)ram)->last = i;
			return ram->pieces[i].pa + at;
		}
	}
	return RAM_NOWHERE;
}

void ram_copy(struct ram *to, const struct ram *from)
{
	*to = *from;
	for (unsigned int i = 0; i < to->nr; i++) {
		size_t size = to->pieces[i].nr * sizeof(uint64_t);

		to->pieces[i].entries = malloc(size);
		memcpy(to->pieces[i].entries, from->pieces[i].entries, size);
	}
}

bool ram_same(const struct ram *a, const struct ram *b)
{
	bool same = EXPECT_EQ(a->nr, b->nr);

	for (unsigned int i = 0; same && i < a->nr; i++) {
		const struct ram_piece *p = &a->pieces[i], *q = &b->pieces[i];

		same = EXPECT_EQ(p->pa, q->pa) && EXPECT_EQ(p->nr, q->nr);
		if (!same || !memcmp(p->entries, q->entries, p->nr * sizeof(uint64_t)))
			continue;
		for (unsigned int n = 0; n < p->nr; n++) {
			if (p->entries[n] == q->entries[n])
				continue;
			test_note("piece %u (%#llx) entry %u", i, (unsigned long long)p->pa, n);
			same &= EXPECT_EQ(p->entries[n], q->entries[n]);
		}
	}
	return same;
}
