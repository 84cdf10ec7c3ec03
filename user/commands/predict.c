// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace predict: what the kernel would answer, and why, without asking it. */
#include "predict.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "kernel/areas.h"
#include "kernel/rules.h"

static const char help[] =
	"Usage: pwtrace predict [OPTION]... OP ADDR PAGES [0|1]\n"
	"       pwtrace predict [OPTION]... -\n"
	"\n"
	"Say what the kernel would return, what decides, what would be split and which entries would\n"
	"change, from its tables and areas as they are now. Nothing is changed.\n"
	"\n"
	"OP is set_memory_ro, _rw, _nx, _x, _rox, _valid (with 0 or 1), _encrypted, _decrypted,\n"
	"set_direct_map_invalid, _default, _valid (with 0 or 1); set_memory_ and set_ may be left out.\n"
	"ADDR is hexadecimal, or SYMBOL[+OFFSET]. With - requests are read from standard input, a line\n"
	"each, and what is wrong with one does not keep from the next.\n"
	"\n"
	"      --try            carry it out by the test module, and compare (in a guest)\n"
	"  -j, --json           JSON Lines on stdout\n"
	"  -p, --pretty         JSON over several lines\n"
	"  -v, --verbose        show every entry\n"
	"      --no-color       no colours (NO_COLOR in the environment does the same)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 it was foreseen, 1 --try found it to be otherwise, 2 wrong usage, 3 this system\n"
	"cannot run it.\n";

enum { OPT_TRY = 1 };

static const struct option long_options[] = { COMMON_LONG,
					      { "try", no_argument, NULL, OPT_TRY },
					      {} };

struct predict {
	struct common_options common;
	bool try;
	struct op_request request;
	const char *addr; /* as given */
	struct kernel kernel;
	struct kcore *kcore;
	struct tables *tables;
	struct types *types;
	struct areas *areas;
	struct problem no_areas; /* why there are none */
	struct rules rules;
};

static int wrong(const char *what, const char *value, const char *instead)
{
	fprintf(stderr, "pwtrace: %s '%s': %s\n", what, value, instead);
	return usage_error("predict");
}

static bool is_hex(const char *text)
{
	if (!strncmp(text, "0x", 2) || !strncmp(text, "0X", 2))
		text += 2;
	return *text && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

/* OP ADDR PAGES [0|1]; the address stays text until symbols are there. */
static int parse_request(struct predict *predict, int argc, char **argv)
{
	int enable = -1;
	char *end;
	long pages;

	if (argc && op_find(argv[0], -1) == OP_NR && !op_takes_switch(argv[0]))
		return wrong("no operation", argv[0], "see the help for those there are");
	if (argc < 3) {
		fprintf(stderr, "pwtrace: predict wants an operation, an address and a number of "
				"pages\n");
		return usage_error("predict");
	}
	if (argc > 3 + op_takes_switch(argv[0]))
		return wrong("unexpected argument", argv[argc - 1],
			     op_takes_switch(argv[0]) ? "give 0 or 1" : "takes no 0 or 1");
	if (op_takes_switch(argv[0]) &&
	    (argc < 4 || (strcmp(argv[3], "0") && strcmp(argv[3], "1"))))
		return wrong("on or off?", argc < 4 ? argv[0] : argv[3], "give 0 or 1 last");
	if (argc > 3)
		enable = argv[3][0] - '0';
	errno = 0;
	pages = strtol(argv[2], &end, 0);
	if (errno || !*argv[2] || *end || pages < 0 || pages > INT_MAX)
		return wrong("bad number of pages", argv[2], "give 0 or more");
	if (!isdigit((unsigned char)argv[1][0]) && !isalpha((unsigned char)argv[1][0]) &&
	    argv[1][0] != '_')
		return wrong("bad address", argv[1], "give a hexadecimal one or SYMBOL[+OFFSET]");
	predict->request.op = op_find(argv[0], enable);
	predict->request.pages = pages;
	predict->addr = argv[1];
	return 0;
}

/* A symbol wins over a number that is spelled the same. */
static int resolve_address(struct predict *predict)
{
	const struct kernel *kernel = &predict->kernel;
	const char *plus = strchr(predict->addr, '+');
	uint64_t addr, offset = 0;
	char name[256];

	snprintf(name, sizeof(name), "%.*s", plus ? (int)(plus - predict->addr) : 255,
		 predict->addr);
	if (plus) {
		char *end;

		offset = strtoull(plus + 1, &end, 0);
		if (!plus[1] || *end)
			return wrong("bad offset", plus, "give a number of bytes");
	}
	addr = kallsyms_find(kernel->syms, name);
	if (!addr && is_hex(name))
		addr = strtoull(name, NULL, 16);
	else if (!addr)
		return wrong("no symbol", name, "see /proc/kallsyms");
	predict->request.addr = addr + offset;
	if (geometry_untag(addr + offset) < -(1ULL << kernel->geo.va_bits))
		return wrong("not a kernel address", predict->addr,
			     "the kernel's half of the address space is meant");
	return 0;
}

/* struct page is of the linear map */
static int check_address(const struct predict *predict)
{
	const struct zone_range *linear = &predict->kernel.zones.range[ZONE_LINEAR];
	uint64_t addr = geometry_untag(predict->request.addr);

	if (predict->request.op < OP_SET_DIRECT_MAP_INVALID ||
	    predict->request.op > OP_SET_DIRECT_MAP_NOT_VALID ||
	    (addr >= linear->start && addr < linear->end))
		return 0;
	return wrong("not an address of the linear map", predict->addr,
		     "set_direct_map_*() are about that");
}

static int find_area(void *ctx, uint64_t addr, struct op_area *found)
{
	struct predict *predict = ctx;
	struct vm_area area;
	int err = predict->areas ? areas_find(predict->areas, addr, &area) : -ENODATA;

	if (err)
		return err;
	/* vm_map_ram() leaves no vm_struct, and find_vm_area() gives NULL */
	if (!area.vm)
		return -ENOENT;
	*found = (struct op_area){ area.addr, area.size, area.flags, area.nr_pages, area.pages };
	return 0;
}

static int find_alias(void *ctx, const struct op_area *area, uint64_t index, uint64_t *linear)
{
	const struct vm_area with_pages = { .pages = area->pages, .nr_pages = area->nr_pages };
	struct predict *predict = ctx;

	return areas_page(predict->areas, &with_pages, index, linear);
}

static int open_all(struct predict *predict, struct problem *why)
{
	int err = kernel_open(&predict->kernel, why);

	if (err)
		return err;
	err = kcore_open(&predict->kcore, "/proc/kcore");
	if (!err)
		err = tables_open(&predict->tables, &predict->kernel, predict->kcore);
	if (err)
		return problem(why, err, "cannot read /proc/kcore: %s", strerror(-err));
	/* without areas all but those operations that ask for one can be foreseen */
	err = types_open(&predict->types, NULL);
	if (err)
		problem(&predict->no_areas, err,
			"no type information of this kernel (%s): it needs "
			"CONFIG_DEBUG_INFO_BTF",
			strerror(-err));
	else if (areas_open(&predict->areas, &predict->kernel, predict->kcore, predict->types,
			    &predict->no_areas))
		predict->areas = NULL;
	return 0;
}

static void close_all(struct predict *predict)
{
	areas_close(predict->areas);
	types_close(predict->types);
	tables_close(predict->tables);
	kcore_close(predict->kcore);
	kernel_close(&predict->kernel);
}

static void show(const struct predict *predict, const struct op_prediction *prediction,
		 const struct tried *tried, unsigned int blank)
{
	const struct emit_options options = {
		.json = predict->common.json,
		.pretty = predict->common.pretty,
		.color = predict->common.color,
		.verbose = predict->common.verbose,
	};
	const struct shown_prediction shown = { &predict->request, prediction, tried, blank };

	if (options.json)
		prediction_json(stdout, &predict->kernel, &options, &shown);
	else
		prediction_text(stdout, &predict->kernel, &options, &shown);
	if (!predict->areas && !options.json)
		printf("  areas: %s\n", predict->no_areas.text);
}

static int answer(struct predict *predict)
{
	const struct zone_range *linear = &predict->kernel.zones.range[ZONE_LINEAR];
	const struct op_kernel kernel = {
		.geo = &predict->kernel.geo,
		.root_pa = predict->kernel.root_pa,
		.linear_start = linear->start,
		.linear_end = linear->end,
		.source = { tables_memory(predict->tables), find_area, find_alias, predict },
	};
	struct op_prediction prediction;
	struct tried tried;
	struct problem why;
	unsigned int blank;
	int err = op_predict(&kernel, &predict->rules.known, &predict->request, &prediction);

	if (err) {
		fprintf(stderr, "pwtrace: %s\n", strerror(-err));
		op_prediction_release(&prediction);
		return EXIT_INTERNAL;
	}
	blank = tables_blank(predict->tables);
	if (predict->try)
		err = try_prediction(&predict->kernel, predict->tables, &predict->request,
				     &prediction, &tried, &why);
	if (!err)
		show(predict, &prediction, predict->try ? &tried : NULL, blank);
	op_prediction_release(&prediction);
	if (err)
		return cannot_run(&predict->common, why.text);
	return predict->try && !tried.same ? EXIT_MISMATCH : EXIT_FINE;
}

/* One request, of which the words are known to make sense. */
static int run(struct predict *predict)
{
	int status = resolve_address(predict);

	if (!status)
		status = check_address(predict);
	return status ? status : answer(predict);
}

/* Requests from standard input. The worst status is the one that counts. */
static int run_lines(struct predict *predict)
{
	char line[512], *words[6];
	int worst = EXIT_FINE;

	while (fgets(line, sizeof(line), stdin)) {
		int nr = 0, status;

		for (char *word = strtok(line, " \t\n"); word && nr < 6;
		     word = strtok(NULL, " \t\n"))
			words[nr++] = word;
		if (!nr)
			continue;
		status = parse_request(predict, nr, words);
		/* others changed something meanwhile, or the last request did */
		if (!status && tables_forget(predict->tables))
			return EXIT_INTERNAL;
		if (!status)
			status = run(predict);
		if (status > worst)
			worst = status;
		fflush(stdout);
	}
	return worst;
}

int cmd_predict(int argc, char **argv)
{
	struct predict predict = {};
	struct problem why;
	bool lines;
	int opt, status;

	common_init(&predict.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (opt == OPT_TRY)
			predict.try = true;
		else if (!common_option(&predict.common, opt))
			return usage_error("predict");
	}
	lines = argc - optind == 1 && !strcmp(argv[optind], "-");
	status = lines ? 0 : parse_request(&predict, argc - optind, argv + optind);
	if (status)
		return status;
	if (open_all(&predict, &why))
		status = cannot_run(&predict.common, why.text);
	else if (predict.try && !can_try())
		status = cannot_run(&predict.common,
				    "there is no test module to try it with: load pwt_test.ko, "
				    "in a guest (tests/vm/run)");
	if (!status) {
		rules_find(&predict.rules, &predict.kernel, predict.kcore, predict.tables,
			   predict.types);
		status = lines ? run_lines(&predict) : run(&predict);
	}
	close_all(&predict);
	return status;
}
