// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "emit/object.h"

void common_init(struct common_options *common)
{
	const char *no_color = getenv("NO_COLOR");

	*common = (struct common_options){
		.color = isatty(STDOUT_FILENO) && !(no_color && *no_color),
	};
}

bool common_option(struct common_options *common, int opt)
{
	switch (opt) {
	case 'p':
		common->pretty = true;
		/* fall through */
	case 'j':
		common->json = true;
		return true;
	case 'v':
		common->verbose = true;
		return true;
	case 'q':
		common->quiet = true;
		return true;
	case OPT_NO_COLOR:
		common->color = false;
		return true;
	default:
		return false;
	}
}

int option_refused(const char *option, const char *value, const char *wants)
{
	fprintf(stderr, "pwtrace: --%s %s: give %s\n", option, value, wants);
	return -EINVAL;
}

int option_count(const char *option, const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		return option_refused(option, text, "a number");
	return 0;
}

int option_backend(const char *text, enum backend *backend)
{
	for (*backend = 0; *backend < BACKEND_NR; (*backend)++)
		if (!strcmp(text, backend_name(*backend)))
			return 0;
	return option_refused("backend", text, "auto, fentry, kprobe.multi or kprobe");
}

int usage_error(const char *command)
{
	fprintf(stderr, "Try 'pwtrace %s --help'.\n", command);
	return EXIT_USAGE;
}

int cannot_run(const struct common_options *common, const char *text)
{
	fprintf(stderr, "pwtrace: %s\n", text);
	if (common->json) {
		json *object = object_of("error");

		put_string(object, "error", text);
		print_object(stdout, object, false);
	}
	return EXIT_CANNOT_RUN;
}
