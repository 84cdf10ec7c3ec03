// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace doctor: can it run here? Each need and each hook, tried out, with what to do about it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "capture/capture.h"
#include "commands/commands.h"
#include "emit/object.h"
#include "kernel/needs.h"
#include "kernel/rules.h"

static const char help[] =
	"Usage: pwtrace doctor [OPTION]...\n"
	"\n"
	"Try what pwtrace needs on this system: permissions, kernel features, each hook by each way to\n"
	"attach. Nothing is left attached.\n"
	"\n"
	"  -j, --json           JSON Lines on stdout\n"
	"  -p, --pretty         JSON over several lines\n"
	"  -v, --verbose        libbpf's messages, too\n"
	"      --no-color       no colours (NO_COLOR in the environment does the same)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 it can run, 3 it cannot (what is missing is said), 2 wrong usage.\n";

static const struct option long_options[] = { COMMON_LONG, {} };

struct report {
	struct common_options common;
};

static const char *mark(const struct report *report, bool ok)
{
	if (!report->common.color)
		return ok ? "ok  " : "FAIL";
	return ok ? "\033[32mok  \033[0m" : "\033[31mFAIL\033[0m";
}

static void print(const struct report *report, json *object)
{
	print_object(stdout, object, report->common.pretty);
}

static json *named(const char *type, const char *name)
{
	json *object = object_of(type);

	put_string(object, "name", name);
	return object;
}

static void report_need(const struct report *report, const struct need *need, int err,
			const struct problem *why)
{
	json *object;

	if (!report->common.json) {
		printf("%s  %-14s %s\n", mark(report, !err), need->name,
		       err ? why->text : need->what);
		return;
	}
	object = named("need", need->name);
	put_bool(object, "ok", !err);
	put_string(object, "text", err ? why->text : need->what);
	print(report, object);
}

static const char *state_text(const struct hook_status *hook)
{
	switch (hook->state) {
	case HOOK_ATTACHED:
		return "attached";
	case HOOK_ABSENT:
		return "absent: inlined in this build, or this kernel has not got it";
	case HOOK_FAILED:
		return hook->error == -ESRCH || hook->error == -ENOENT ?
			       "not attached: the name is not unique, or has no type information" :
			       "not attached";
	default:
		return "not asked for";
	}
}

static void report_hook(const struct report *report, const char *backend,
			const struct hook_status *hook)
{
	json *object;

	if (!report->common.json) {
		printf("      %s  %-40s %s%s%s\n",
		       hook->state == HOOK_FAILED ? "fail" :
		       hook->state == HOOK_ABSENT ? "none" :
						    "ok  ",
		       hook->function, state_text(hook), hook->error ? ": " : "",
		       hook->error ? strerror(-hook->error) : "");
		return;
	}
	object = named("hook", hook->function);
	put_string(object, "backend", backend);
	put_string(object, "state",
		   hook->state == HOOK_ATTACHED ? "attached" :
		   hook->state == HOOK_ABSENT	? "absent" :
						  "failed");
	put_string(object, "error", hook->error ? strerror(-hook->error) : NULL);
	print(report, object);
}

static void report_backend(const struct report *report, const char *name, int err,
			   const struct problem *why)
{
	json *object;

	if (!report->common.json) {
		printf("%s  %-14s %s\n", mark(report, !err), name, err ? why->text : "attaches");
		return;
	}
	object = named("backend", name);
	put_bool(object, "ok", !err);
	put_string(object, "text", err ? why->text : NULL);
	print(report, object);
}

static int ignore_record(void *ctx, const void *record, size_t size)
{
	(void)ctx, (void)record, (void)size;
	return 0;
}

static bool try_backend(const struct report *report, const struct kernel *kernel,
			enum backend backend)
{
	struct capture_options options = {
		.backend = backend,
		.ring_size = 1 << 16,
		.calls = true,
		.callbacks = true,
		.births = true,
		.verbose = report->common.verbose,
	};
	const char *name = backend_name(backend);
	const struct hook_status *hooks;
	struct capture *capture;
	struct problem why;
	size_t nr;
	int err = capture_open(&capture, kernel, &options, ignore_record, NULL, &why);

	report_backend(report, name, err, &why);
	if (err)
		return false;
	hooks = capture_hooks(capture, &nr);
	for (size_t i = 0; i < nr; i++)
		if (hooks[i].state != HOOK_OFF)
			report_hook(report, name, &hooks[i]);
	capture_close(capture);
	return true;
}

static void report_kernel(const struct report *report, const struct kernel *kernel)
{
	const struct geometry *geo = &kernel->geo;
	char shape[160];
	json *object;

	snprintf(shape, sizeof(shape),
		 "%uK pages, %u-bit addresses (built for %u), %u levels%s; "
		 "leaves are %ssplit; rodata_full is %s",
		 1U << (geo->page_shift - 10), geo->va_bits, geo->va_bits_config, geo->levels,
		 geo->lpa2 ? ", LPA2" : "",
		 kernel->splits_unknown ? "perhaps " :
		 kernel->splits_leaves	? "" :
					  "not ",
		 kernel->rodata_full_unknown ? "unknown" :
		 kernel->rodata_full	     ? "on" :
					       "off");
	if (!report->common.json) {
		printf("      %-14s %s\n      %-14s %s\n", "kernel", kernel->release, "shape",
		       shape);
		return;
	}
	object = named("kernel", kernel->release);
	put_number(object, "page_size", 1 << geo->page_shift);
	put_number(object, "va_bits", geo->va_bits);
	put_number(object, "levels", geo->levels);
	put_bool(object, "lpa2", geo->lpa2);
	put_bool(object, "splits_leaves", kernel->splits_leaves);
	put_bool(object, "rodata_full", kernel->rodata_full);
	print(report, object);
}

static const char *answer_text(enum op_rule rule, enum op_answer answer)
{
	return answer == OP_UNKNOWN ? "not known" : op_rule_text(rule, answer == OP_YES);
}

static void report_rule(const struct report *report, const struct rules *rules, enum op_rule rule)
{
	enum op_answer answer = rules->known.answer[rule];
	json *object;

	if (!report->common.json) {
		printf("      %-18s %s (%s)\n", op_rule_name(rule), answer_text(rule, answer),
		       rules->from[rule]);
		return;
	}
	object = named("rule", op_rule_name(rule));
	put(object, "answer",
	    answer == OP_UNKNOWN ? NULL : json_object_new_boolean(answer == OP_YES));
	put_string(object, "text", answer_text(rule, answer));
	put_string(object, "from", rules->from[rule]);
	print(report, object);
}

/* What the model goes by, and what settled it. */
static void report_rules(const struct report *report, const struct kernel *kernel)
{
	struct tables *tables = NULL;
	struct types *types = NULL;
	struct kcore *kcore = NULL;
	struct rules rules;

	if (!kcore_open(&kcore, "/proc/kcore") && !tables_open(&tables, kernel, kcore)) {
		if (types_open(&types, NULL))
			types = NULL;
		rules_find(&rules, kernel, kcore, tables, types);
		for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++)
			report_rule(report, &rules, rule);
	}
	types_close(types);
	tables_close(tables);
	kcore_close(kcore);
}

static bool check_needs(const struct report *report)
{
	bool ok = true;

	for (size_t i = 0; i < nr_needs; i++) {
		struct problem why = {};
		int err = needs[i].check(&why);

		report_need(report, &needs[i], err, &why);
		if (err)
			ok = false;
		/* on another machine the rest says nothing */
		if (err == -ENOTSUP)
			break;
	}
	return ok;
}

static bool check_hooks(const struct report *report)
{
	struct kernel kernel;
	struct problem why;
	bool ok = false;

	if (kernel_open(&kernel, &why))
		return false;
	report_kernel(report, &kernel);
	report_rules(report, &kernel);
	for (enum backend backend = BACKEND_FENTRY; backend < BACKEND_NR; backend++)
		ok |= try_backend(report, &kernel, backend);
	kernel_close(&kernel);
	return ok;
}

static void report_end(const struct report *report, bool ok)
{
	json *object;

	if (!report->common.json) {
		puts(ok ? "pwtrace can run here." : "pwtrace cannot run here.");
		return;
	}
	object = object_of("doctor");
	put_bool(object, "ok", ok);
	print(report, object);
}

int cmd_doctor(int argc, char **argv)
{
	struct report report = {};
	int opt;
	bool ok;

	common_init(&report.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (!common_option(&report.common, opt))
			return usage_error("doctor");
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace: unexpected argument '%s'\n", argv[optind]);
		return usage_error("doctor");
	}
	ok = check_needs(&report);
	if (ok)
		ok = check_hooks(&report);
	report_end(&report, ok);
	return ok ? EXIT_FINE : EXIT_CANNOT_RUN;
}
