// SPDX-License-Identifier: GPL-2.0-only
/* The time line: a lane for each CPU, operation, kind of verdict and level of splits. */
#include <stdlib.h>
#include <string.h>

#include "sheet.h"

#define HEIGHT	   40
#define MOST_LANES 16 /* of CPUs: more share one */
#define COLOURS	   8  /* of operations; the last one is the others' */

/* What is drawn above each other in one lane. */
struct stack_of_bars {
	const uint32_t *bins[TIMELINE_OPS];
	unsigned int colour[TIMELINE_OPS];
	unsigned int nr;
	char class; /* of the colours */
};

struct lanes {
	struct sheet *sheet;
	const struct timeline *timeline;
	unsigned int order[TIMELINE_OPS];  /* operations, the most frequent first */
	unsigned int colour[TIMELINE_OPS]; /* of each operation */
	uint64_t total[TIMELINE_OPS];
	unsigned int nr_ops;
	uint32_t tallest;
};

static uint64_t sum(const uint32_t *bins)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; bins && i < TIMELINE_BINS; i++)
		sum += bins[i];
	return sum;
}

static void rank(struct lanes *lanes)
{
	for (unsigned int op = 0; op < lanes->nr_ops; op++) {
		unsigned int at = op;

		for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++)
			lanes->total[op] += sum(lanes->timeline->changes[cpu][op]);
		for (; at && lanes->total[lanes->order[at - 1]] < lanes->total[op]; at--)
			lanes->order[at] = lanes->order[at - 1];
		lanes->order[at] = op;
	}
	for (unsigned int i = 0; i < lanes->nr_ops; i++)
		lanes->colour[lanes->order[i]] = i < COLOURS - 1 ? i : COLOURS - 1;
}

static uint32_t height_at(const struct stack_of_bars *bars, unsigned int bin)
{
	uint32_t height = 0;

	for (unsigned int i = 0; i < bars->nr; i++)
		height += bars->bins[i][bin];
	return height;
}

static uint32_t tallest(const struct lanes *lanes, const struct stack_of_bars *bars)
{
	uint32_t most = 0;

	for (unsigned int bin = 0; bin < lanes->timeline->nr; bin++)
		if (height_at(bars, bin) > most)
			most = height_at(bars, bin);
	return most;
}

/* One colour of a lane is one path. What is there at all is a line at least. */
static void draw_bars(const struct lanes *lanes, const struct stack_of_bars *bars,
		      unsigned int which, uint32_t most)
{
	html(lanes->sheet->out, "<path class=\"%c%u\" d=\"", bars->class, bars->colour[which]);
	for (unsigned int bin = 0; bin < lanes->timeline->nr; bin++) {
		double from = 0, height;

		if (!bars->bins[which][bin])
			continue;
		for (unsigned int i = 0; i < which; i++)
			from += bars->bins[i][bin];
		from = from * HEIGHT / most;
		height = (double)bars->bins[which][bin] * HEIGHT / most;
		if (height < 1)
			height = 1;
		html(lanes->sheet->out, "M%u %.1fv-%.1fh1v%.1fz", bin, HEIGHT - from, height,
		     height);
	}
	html(lanes->sheet->out, "\"/>");
}

static uint64_t lane_total(const struct stack_of_bars *bars)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < bars->nr; i++)
		total += sum(bars->bins[i]);
	return total;
}

static void lane(const struct lanes *lanes, const char *name, const char *key,
		 const struct stack_of_bars *bars, uint32_t most)
{
	html(lanes->sheet->out, "<tr><th scope=\"row\">");
	if (key)
		html(lanes->sheet->out, "<i class=\"key %s\"></i>", key);
	html(lanes->sheet->out,
	     "%s</th><td class=\"lane\"><svg viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\" "
	     "aria-hidden=\"true\" focusable=\"false\">",
	     name, lanes->timeline->nr, HEIGHT);
	for (unsigned int i = 0; i < bars->nr; i++)
		draw_bars(lanes, bars, i, most ? most : 1);
	html(lanes->sheet->out, "</svg></td><td class=\"n\">%s</td></tr>\n",
	     word_count(lane_total(bars)).s);
}

static void begin(const struct lanes *lanes, const char *caption, const char *what, uint32_t most)
{
	html(lanes->sheet->out,
	     "<table class=\"lanes\">\n<caption>%s; the tallest bar is %s in %s</caption>\n<thead>"
	     "<tr><th scope=\"col\">%s</th><th scope=\"col\">Over time</th>"
	     "<th scope=\"col\" class=\"n\">Number</th></tr></thead>\n<tbody>\n",
	     caption, word_count(most).s, word_time(1ULL << lanes->timeline->shift).s, what);
}

static void end(const struct lanes *lanes)
{
	uint64_t span = (uint64_t)lanes->timeline->nr << lanes->timeline->shift;

	html(lanes->sheet->out,
	     "</tbody>\n<tfoot><tr><td></td><td><div class=\"axis\"><span>0</span><span>%s</span>"
	     "<span>%s</span></div></td><td></td></tr></tfoot>\n</table>\n",
	     word_time(span / 2).s, word_time(span).s);
}

/* Sums of several CPUs, in @sums, where they share a lane. */
static void gather(const struct lanes *lanes, const unsigned int *cpus, unsigned int nr,
		   uint32_t (*sums)[TIMELINE_BINS], struct stack_of_bars *bars)
{
	*bars = (struct stack_of_bars){ .class = 'o' };
	memset(sums, 0, TIMELINE_OPS * sizeof(*sums));
	for (unsigned int i = 0; i < lanes->nr_ops; i++) {
		unsigned int op = lanes->order[i];
		bool any = false;

		for (unsigned int n = 0; n < nr; n++) {
			const uint32_t *bins = lanes->timeline->changes[cpus[n]][op];

			for (unsigned int bin = 0; bins && bin < TIMELINE_BINS; bin++)
				sums[op][bin] += bins[bin];
			any |= bins != NULL;
		}
		if (!any)
			continue;
		bars->colour[bars->nr] = lanes->colour[op];
		bars->bins[bars->nr++] = sums[op];
	}
}

static unsigned int cpus_of(const struct timeline *timeline, unsigned int cpus[TIMELINE_CPUS])
{
	unsigned int nr = 0;

	for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++) {
		unsigned int op = 0;

		while (op < TIMELINE_OPS && !timeline->changes[cpu][op])
			op++;
		if (op < TIMELINE_OPS)
			cpus[nr++] = cpu;
	}
	return nr;
}

static void cpu_name(const unsigned int *cpus, unsigned int nr, char *buf, size_t size)
{
	if (cpus[nr - 1] == TIMELINE_CPUS - 1)
		snprintf(buf, size, "CPU %u and above", cpus[0]);
	else if (nr == 1)
		snprintf(buf, size, "CPU %u", cpus[0]);
	else
		snprintf(buf, size, "CPU %u\xe2\x80\x93%u", cpus[0], cpus[nr - 1]);
}

static void by_cpu(const struct lanes *lanes)
{
	uint32_t sums[TIMELINE_OPS][TIMELINE_BINS];
	unsigned int cpus[TIMELINE_CPUS], nr = cpus_of(lanes->timeline, cpus);
	unsigned int share = (nr + MOST_LANES - 1) / MOST_LANES;
	struct stack_of_bars bars;
	uint32_t most = 0;
	char name[40];

	for (unsigned int i = 0; i < nr; i += share) {
		gather(lanes, cpus + i, nr - i < share ? nr - i : share, sums, &bars);
		if (tallest(lanes, &bars) > most)
			most = tallest(lanes, &bars);
	}
	begin(lanes, "Changes by CPU, in the colours of operations", "CPU", most);
	for (unsigned int i = 0; i < nr; i += share) {
		unsigned int here = nr - i < share ? nr - i : share;

		gather(lanes, cpus + i, here, sums, &bars);
		cpu_name(cpus + i, here, name, sizeof(name));
		lane(lanes, name, NULL, &bars, most);
	}
	end(lanes);
}

static void add_up(const struct lanes *lanes, unsigned int op, uint32_t bins[TIMELINE_BINS])
{
	memset(bins, 0, TIMELINE_BINS * sizeof(*bins));
	for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++)
		for (unsigned int bin = 0; bin < TIMELINE_BINS; bin++)
			if (lanes->timeline->changes[cpu][op])
				bins[bin] += lanes->timeline->changes[cpu][op][bin];
}

static void by_op(const struct lanes *lanes)
{
	const struct ops *ops = &lanes->sheet->report->ops;
	uint32_t bins[TIMELINE_BINS], most = 0;
	struct stack_of_bars bars = { .bins = { bins }, .nr = 1, .class = 'o' };

	for (unsigned int op = 0; op < lanes->nr_ops; op++) {
		add_up(lanes, op, bins);
		if (tallest(lanes, &bars) > most)
			most = tallest(lanes, &bars);
	}
	begin(lanes, "Changes by operation", "Operation", most);
	for (unsigned int i = 0; i < lanes->nr_ops; i++) {
		unsigned int op = lanes->order[i];
		char key[8];

		add_up(lanes, op, bins);
		bars.colour[0] = lanes->colour[op];
		snprintf(key, sizeof(key), "o%u", bars.colour[0]);
		lane(lanes, ops->names[op], key, &bars, most);
	}
	end(lanes);
}

static void by_verdict(const struct lanes *lanes)
{
	bool any = false;

	for (enum verdict verdict = VERDICT_MATCH + 1; verdict < VERDICT_NR; verdict++) {
		struct stack_of_bars bars = { .bins = { lanes->timeline->verdicts[verdict] },
					      .colour = { verdict },
					      .nr = 1,
					      .class = 'v' };
		char key[8];

		if (!sum(bars.bins[0]))
			continue;
		if (!any)
			html(lanes->sheet->out,
			     "<table class=\"lanes\">\n<caption>What is not MATCH, each to its own "
			     "scale</caption>\n<thead><tr><th scope=\"col\">Verdict</th>"
			     "<th scope=\"col\">Over time</th><th scope=\"col\" class=\"n\">Number"
			     "</th></tr></thead>\n<tbody>\n");
		any = true;
		snprintf(key, sizeof(key), "v%u", verdict);
		lane(lanes, verdict_name(verdict), key, &bars, tallest(lanes, &bars));
	}
	if (any)
		end(lanes);
	else
		html(lanes->sheet->out,
		     "<p class=\"empty\">Every change is MATCH, at all times.</p>"
		     "\n");
}

static void split_name(const struct kernel *kernel, int level, char *buf, size_t size)
{
	snprintf(buf, size, "%s, %s", geometry_level_name(level),
		 word_bytes(geometry_size(&kernel->geo, level)).s);
}

static void splits(const struct lanes *lanes)
{
	const struct timeline *timeline = lanes->timeline;
	uint32_t most = 0;
	char name[48];

	html(lanes->sheet->out, "<h3 id=\"splits\">Splits</h3>\n");
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		for (unsigned int bin = 0; bin < TIMELINE_BINS; bin++)
			if (timeline->splits[level][bin] > most)
				most = timeline->splits[level][bin];
	if (!most) {
		html(lanes->sheet->out,
		     "<p class=\"empty\">No block or contiguous run was seen to be split.</p>\n");
		return;
	}
	begin(lanes, "Leaves that were split, by level", "Level", most);
	for (int level = PGTABLE_NR_LEVELS - 1; level >= 0; level--) {
		struct stack_of_bars bars = { .bins = { timeline->splits[level] },
					      .nr = 1,
					      .class = 'p' };

		if (!sum(bars.bins[0]))
			continue;
		split_name(lanes->sheet->kernel, level, name, sizeof(name));
		lane(lanes, name, "p0", &bars, most);
	}
	end(lanes);
}

void sheet_timeline(struct sheet *sheet)
{
	struct lanes lanes = {
		.sheet = sheet,
		.timeline = &sheet->report->timeline,
		.nr_ops = sheet->report->ops.nr_names,
	};

	html(sheet->out, "<section aria-labelledby=\"time\">\n<h2 id=\"time\" tabindex=\"-1\">Time "
			 "line</h2>\n");
	if (!lanes.timeline->nr) {
		html(sheet->out,
		     "<p class=\"empty\">There is no change, and so nothing that could be "
		     "split.</p>\n</section>\n");
		return;
	}
	rank(&lanes);
	by_cpu(&lanes);
	by_op(&lanes);
	by_verdict(&lanes);
	splits(&lanes);
	html(sheet->out, "</section>\n");
}
