// SPDX-License-Identifier: GPL-2.0-only
#include "filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 0);
	return errno || end == text || *end ? -EINVAL : 0;
}

/* START-END or START+SIZE; 0x is not needed for END and SIZE to be read as what they look like. */
static int parse_range(const char *text, struct filter_term *term)
{
	uint64_t second;
	char *end;

	errno = 0;
	term->low = strtoull(text, &end, 0);
	if (errno || end == text || (*end != '-' && *end != '+'))
		return -EINVAL;
	text = end + 1;
	second = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	term->high = text[-1] == '+' ? term->low + second : second;
	return term->high > term->low ? 0 : -EINVAL;
}

static int parse_term(enum filter_kind kind, const char *text, struct filter_term *term)
{
	switch (kind) {
	case FILTER_ZONE:
		term->number = zone_find(text);
		return term->number == ZONE_NR ? -EINVAL : 0;
	case FILTER_VERDICT:
		term->number = verdict_find(text);
		return term->number == VERDICT_NR ? -EINVAL : 0;
	case FILTER_RANGE:
		return parse_range(text, term);
	case FILTER_PID:
	case FILTER_RET:
		return parse_number(text, &term->number);
	default:
		term->pattern = text;
		return *text ? 0 : -EINVAL;
	}
}

int filter_add(struct filter *filter, enum filter_kind kind, const char *text)
{
	struct filter_term *term = &filter->terms[kind][filter->nr[kind]];
	int err;

	if (filter->nr[kind] == FILTER_MAX)
		return -E2BIG;
	term->deny = *text == '!';
	err = parse_term(kind, text + term->deny, term);
	if (!err)
		filter->nr[kind]++;
	return err;
}

static bool meets(enum filter_kind kind, const struct filter_term *term,
		  const struct change *change)
{
	uint64_t addr = geometry_untag(change->addr);

	switch (kind) {
	case FILTER_ZONE:
		return change->zone == term->number;
	case FILTER_RANGE:
		return addr < term->high && addr + change->size > term->low;
	case FILTER_OP:
		return !fnmatch(term->pattern, change->op, 0);
	case FILTER_PID:
		return change->pid == term->number || change->tgid == term->number;
	case FILTER_COMM:
		return !fnmatch(term->pattern, change->comm, 0);
	case FILTER_RET:
		return change->has_ret && change->ret == term->number;
	default:
		return change->verdict == term->number;
	}
}

static bool pass_kind(const struct filter *filter, enum filter_kind kind,
		      const struct change *change)
{
	bool allows = false, allowed = false;

	for (unsigned int i = 0; i < filter->nr[kind]; i++) {
		const struct filter_term *term = &filter->terms[kind][i];
		bool met = meets(kind, term, change);

		if (term->deny && met)
			return false;
		allows |= !term->deny;
		allowed |= !term->deny && met;
	}
	return allowed || !allows;
}

bool filter_pass(const struct filter *filter, const struct change *change)
{
	for (enum filter_kind kind = 0; kind < FILTER_KINDS; kind++)
		if (!pass_kind(filter, kind, change))
			return false;
	return true;
}

const char *filter_syntax(enum filter_kind kind)
{
	static const char *const syntax[FILTER_KINDS] = {
		[FILTER_ZONE] = "linear, modules, image, vmalloc, vmemmap or other",
		[FILTER_RANGE] = "START-END or START+SIZE, END not included",
		[FILTER_OP] = "the name of an operation, * and ? allowed",
		[FILTER_PID] = "a process or thread id",
		[FILTER_COMM] = "the name of a task, * and ? allowed",
		[FILTER_RET] = "a return value, such as 0 or -22",
		[FILTER_VERDICT] = "MATCH, MISMATCH, UNKNOWN, RACED or LOST",
	};

	return syntax[kind];
}
