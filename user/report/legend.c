// SPDX-License-Identifier: GPL-2.0-only
/* Leaves in words and colours; the words are ptdump's where it has one. */
#include "sheet.h"

const char *allows_name(enum leaf_allows allows)
{
	static const char *const names[ALLOWS_NR] = {
		[ALLOWS_NOTHING] = "empty",	[ALLOWS_INVALID] = "invalid",
		[ALLOWS_READ] = "ro NX",	[ALLOWS_READ_EXECUTE] = "ro x",
		[ALLOWS_READ_WRITE] = "RW NX",	[ALLOWS_ALL] = "RW x",
		[ALLOWS_BAD] = "no descriptor", [ALLOWS_MIXED] = "mixed",
	};

	return names[allows];
}

static void size_words(const struct sheet *sheet, unsigned int size, char *buf, size_t room)
{
	bool cont = size == LEAF_CONT_PTE || size == LEAF_CONT_PMD;

	if (size == LEAF_MIXED)
		snprintf(buf, room, "mixed sizes");
	else
		snprintf(buf, room, "%s%s",
			 word_bytes(leaf_bytes(&sheet->kernel->geo, size % LEAF_NR_SIZES)).s,
			 cont ? " contiguous" : "");
}

/* A snapshot has all there is. */
static const char *unseen(const struct sheet *sheet)
{
	return sheet->input->from == SPACE_CHANGES ? "not seen" : "not mapped";
}

void leaf_words(const struct sheet *sheet, leaf_code code, char *buf, size_t size)
{
	char leaf[48];

	if (code == LEAF_UNSEEN) {
		snprintf(buf, size, "%s", unseen(sheet));
	} else if (!leaf_code_is_leaf(code)) {
		snprintf(buf, size, "%s", allows_name(leaf_code_allows(code)));
	} else {
		size_words(sheet, leaf_code_size(code), leaf, sizeof(leaf));
		snprintf(buf, size, "%s %s", leaf, allows_name(leaf_code_allows(code)));
	}
}

void sheet_legend(struct sheet *sheet)
{
	char leaf[48];

	html(sheet->out, "<ul class=\"legend\" aria-label=\"Colours of permissions\">");
	/* what is mixed has the colours of its parts */
	for (enum leaf_allows allows = 0; allows < ALLOWS_MIXED; allows++)
		html(sheet->out, "<li><i class=\"key a%u\"></i>%s</li>", allows,
		     allows_name(allows));
	html(sheet->out,
	     "<li><i class=\"key unseen\"></i>%s</li></ul>\n<ul class=\"legend\" "
	     "aria-label=\"Colours of leaf sizes, the thin band\">",
	     unseen(sheet));
	for (unsigned int size = 0; size < LEAF_NR_SIZES; size++) {
		if (!leaf_bytes(&sheet->kernel->geo, size))
			continue;
		size_words(sheet, size, leaf, sizeof(leaf));
		html(sheet->out, "<li><i class=\"key thin s%u\"></i>%s</li>", size, leaf);
	}
	html(sheet->out, "<li><i class=\"key thin s%u\"></i>mixed sizes</li>", LEAF_MIXED);
	if (sheet->input->from != SPACE_SNAPSHOT)
		html(sheet->out, "<li><i class=\"key thin c\"></i>not the same after</li>");
	html(sheet->out, "</ul>\n");
}

void sheet_va(struct sheet *sheet, uint64_t addr)
{
	char text[REDACT_TEXT];

	redact_va(&sheet->redactor, addr, text);
	html(sheet->out, "<code>%s</code>", text);
}
