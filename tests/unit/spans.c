// SPDX-License-Identifier: GPL-2.0-only
/* Changes in the order of their calls, and in lanes of which each nests. */
#include "emit/spans.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static void add(struct spans *spans, uint64_t time, uint64_t duration, uint64_t seq)
{
	static struct change change;

	change = (struct change){ .time = time, .duration = duration, .seq = seq };
	spans_add(spans, &change, seq + 1000);
}

/* Verdicts come in another order than calls; of two that begin at once the longer is the caller. */
TEST(callers_before_what_they_call)
{
	static const uint64_t wanted[] = { 4, 1, 2, 3, 5 };
	struct spans spans = {};

	add(&spans, 200, 10, 3);
	add(&spans, 100, 20, 2);
	add(&spans, 100, 50, 1);
	add(&spans, 200, 10, 5);
	add(&spans, 50, 0, 4);
	spans_sort(&spans);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		EXPECT_EQ(spans.span[i].seq, wanted[i]);
		EXPECT_EQ(spans.span[i].caller, wanted[i] + 1000);
	}
	spans_release(&spans);
}

TEST(an_end_before_the_beginning)
{
	struct spans spans = {};

	add(&spans, 100, ~0ULL - 10, 1);
	EXPECT_EQ(span_end(&spans.span[0]), 100);
	spans_release(&spans);
}

/* What a viewer makes of the events of one lane. */
struct viewer {
	unsigned int depth;
	uint64_t open[LANE_DEPTH], ends[LANE_DEPTH]; /* of what is open: it has to end then */
	uint64_t last;
};

struct views {
	struct viewer viewers[MOST_LANES];
	struct lanes *lanes;
	uint64_t ended;
};

static struct viewer *viewer_of(struct views *views, const struct lane *lane)
{
	return &views->viewers[lane - views->lanes->lane];
}

static void on_end(void *ctx, const struct lane *lane, uint64_t time)
{
	struct views *views = ctx;
	struct viewer *viewer = viewer_of(views, lane);

	/* the innermost ends first, at its own time, and time does not go back */
	if (!EXPECT(viewer->depth))
		return;
	EXPECT_EQ(viewer->ends[--viewer->depth], time);
	EXPECT(time >= viewer->last);
	viewer->last = time;
	views->ended++;
}

static void on_begin(struct views *views, const struct lane *lane, const struct span *span)
{
	struct viewer *viewer = viewer_of(views, lane);

	EXPECT(span->time >= viewer->last);
	viewer->last = span->time;
	if (viewer->depth)
		EXPECT(viewer->ends[viewer->depth - 1] >= span_end(span));
	if (EXPECT(viewer->depth < LANE_DEPTH))
		viewer->ends[viewer->depth++] = span_end(span);
}

TEST(each_lane_nests)
{
	uint64_t random = test_seed(), more = 0, left_out = 0;

	for (int round = 0; round < 500 && !test_failed(); round++) {
		unsigned int nr = 1 + test_random_below(&random, 200), placed = 0;
		uint64_t times = 10 + test_random_below(&random, 2000);
		struct lanes lanes = {};
		struct views views = { .lanes = &lanes };
		struct spans spans = {};

		test_case("round %d", round);
		for (unsigned int i = 0; i < nr; i++)
			add(&spans, test_random_below(&random, times),
			    test_random_below(&random, 1 + test_random_below(&random, 100)), i + 1);
		spans_sort(&spans);
		for (unsigned int i = 0; i < nr; i++) {
			struct lane *lane = lanes_place(&lanes, &spans.span[i], on_end, &views);

			if (lane)
				on_begin(&views, lane, &spans.span[i]);
			placed += !!lane;
			/* there is none only if all are in use */
			if (!lane)
				EXPECT_EQ(lanes.nr, MOST_LANES);
		}
		for (unsigned int i = 0; i < lanes.nr; i++)
			while (lanes.lane[i].depth)
				on_end(&views, &lanes.lane[i],
				       lanes.lane[i].ends[--lanes.lane[i].depth]);
		EXPECT_EQ(views.ended, placed);
		more += lanes.nr > 1;
		left_out += nr - placed;
		free(lanes.lane);
		spans_release(&spans);
	}
	EXPECT(more && left_out);
}

/* What nests stays in the first. */
TEST(one_lane_is_enough_for_calls_of_one_thread)
{
	struct lanes lanes = {};
	struct views views = { .lanes = &lanes };
	struct spans spans = {};

	add(&spans, 0, 100, 1);
	add(&spans, 10, 20, 2);
	add(&spans, 30, 70, 3);
	add(&spans, 40, 60, 4);
	add(&spans, 100, 0, 5);
	add(&spans, 100, 10, 6);
	spans_sort(&spans);
	for (size_t i = 0; i < spans.nr; i++)
		on_begin(&views, lanes_place(&lanes, &spans.span[i], on_end, &views),
			 &spans.span[i]);
	EXPECT_EQ(lanes.nr, 1);
	free(lanes.lane);
	spans_release(&spans);
}
