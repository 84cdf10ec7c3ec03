// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"

static size_t with_entries(size_t head, uint32_t nr)
{
	return nr <= PWT_SLICE_ENTRIES ? head + nr * sizeof(uint64_t) : SIZE_MAX;
}

size_t wire_size(const void *record, size_t size)
{
	const struct pwt_hdr *hdr = record;
	size_t want = SIZE_MAX;

	if (size < sizeof(*hdr))
		return 0;
	switch (hdr->type) {
	case PWT_ENTER:
		want = sizeof(struct pwt_enter);
		break;
	case PWT_EXIT:
		want = sizeof(struct pwt_exit);
		break;
	case PWT_SLICE:
		if (size >= sizeof(struct pwt_slice))
			want = with_entries(sizeof(struct pwt_slice),
					    ((const struct pwt_slice *)record)->nr);
		break;
	case PWT_WALK:
		want = sizeof(struct pwt_walk);
		break;
	case PWT_CALLBACK:
		want = sizeof(struct pwt_callback);
		break;
	case PWT_SPLIT:
		want = sizeof(struct pwt_split);
		break;
	case PWT_AREA:
		want = sizeof(struct pwt_area);
		break;
	case PWT_PAGES:
		if (size >= sizeof(struct pwt_pages))
			want = with_entries(sizeof(struct pwt_pages),
					    ((const struct pwt_pages *)record)->nr);
		break;
	}
	return want <= size ? want : 0;
}
