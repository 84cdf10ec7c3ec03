// SPDX-License-Identifier: GPL-2.0-only
#include "scenario.h"

#include <errno.h>
#include <string.h>

#include "play.h"
#include "test.h"

#define PLAYERS 4
#define BLOCKS	6
#define BIRTHS	96
#define PAGES	16

struct scenario;
struct player;

/* One step of what a player does. True: it was the last. */
typedef bool (*step_fn)(struct scenario *scenario, struct player *player);

struct player {
	struct actor actor;
	step_fn act; /* NULL: nothing */
	unsigned int step;
	struct request request;
	unsigned int first, nr; /* pages of a common request */
	bool wide, refused;
	unsigned int number; /* of a block, or of what is made */
};

struct scenario {
	struct world world;
	struct stage *stage;
	struct stage_options options;
	uint64_t random;
	struct player players[PLAYERS];
	unsigned int blocks, births;
	/* what this kernel does */
	bool wide, refuses_huge;
};

static bool chance(struct scenario *scenario, unsigned int one_in)
{
	return !test_random_below(&scenario->random, one_in);
}

static unsigned int below(struct scenario *scenario, unsigned int most)
{
	return test_random_below(&scenario->random, most);
}

static struct actor inner_of(const struct player *player)
{
	struct actor inner = player->actor;

	inner.frame -= 0x100;
	inner.caller = COMMON_CODE;
	return inner;
}

static void masks_of(struct scenario *scenario, struct request *request)
{
	static const struct request kinds[] = {
		{ 0, 0, PTE_RDONLY, PTE_WRITE },
		{ 0, 0, PTE_WRITE, PTE_RDONLY },
		{ 0, 0, PTE_PXN, 0 },
		{ 0, 0, 0, PTE_PXN },
	};
	const struct request *kind = &kinds[below(scenario, ARRAY_SIZE(kinds))];

	request->set = kind->set;
	request->clear = kind->clear;
}

static void some_pages(struct scenario *scenario, struct request *request)
{
	unsigned int nr = chance(scenario, 2) ? 1 : 1 + below(scenario, 4);

	request->start = VMALLOC + below(scenario, PAGES - nr) * PAGE;
	request->size = nr * PAGE;
	masks_of(scenario, request);
}

/* What the kernel does, mostly as it should. */
static void carry_out(struct scenario *scenario, const struct request *request)
{
	unsigned int pages = request->size / PAGE;
	uint64_t *entry;

	if (!chance(scenario, 10)) {
		world_apply(&scenario->world, request);
		return;
	}
	switch (below(scenario, 4)) {
	case 0: /* nothing */
		return;
	case 1: /* a part of it */
		world_apply(&scenario->world, &(struct request){ request->start, pages / 2 * PAGE,
								 request->set, request->clear });
		return;
	case 2: /* and a bit of its own */
		world_apply(&scenario->world, request);
		entry = tables_entry(&scenario->world.tables, PGTABLE_LEVEL_PTE, request->start);
		*entry ^= 1ULL << 56;
		return;
	default: /* and a neighbour */
		world_apply(&scenario->world, request);
		entry = tables_entry(&scenario->world.tables, PGTABLE_LEVEL_PTE,
				     request->start + request->size);
		if (*entry)
			*entry ^= PTE_WRITE;
	}
}

static void callback(struct scenario *scenario, const struct actor *actor, enum pwt_func func,
		     uint64_t addr, uint64_t next)
{
	struct pwt_callback record = {
		.hdr = { .type = PWT_CALLBACK,
			 .func = func,
			 .task = actor->task,
			 .frame = actor->frame - 0x40,
			 .pid = actor->pid,
			 .lost_by_task = actor->lost },
		.addr = addr,
		.next = next,
	};

	if (scenario->options.callbacks && !chance(scenario, 200))
		world_send(&scenario->world, &record, sizeof(record));
}

static void callbacks_of(struct scenario *scenario, const struct actor *actor,
			 const struct request *request)
{
	uint64_t start = request->start, end = start + request->size;

	callback(scenario, actor, PWT_FN_PUD_ENTRY, start, end);
	callback(scenario, actor, PWT_FN_PMD_ENTRY, start, end);
	for (uint64_t at = start; at < end; at += PAGE)
		callback(scenario, actor, PWT_FN_PTE_ENTRY, at, at + PAGE);
}

static int answer(struct scenario *scenario)
{
	return chance(scenario, 40) ? -EINVAL : 0;
}

/* A change of one page comes in the middle, from an interrupt. */
static void interrupt(struct scenario *scenario, const struct player *player)
{
	struct actor irq = player->actor;
	struct request request = { .size = PAGE, .set = PTE_RDONLY, .clear = PTE_WRITE };

	irq.frame -= 0x400;
	irq.preempt_count |= 0x10000;
	request.start = world_alias(PA + below(scenario, PAGES) * PAGE);
	world_begin(&scenario->world, &irq, &request);
	callbacks_of(scenario, &irq, &request);
	carry_out(scenario, &request);
	world_end(&scenario->world, &irq, &request, 0);
}

static bool play_range(struct scenario *scenario, struct player *player)
{
	switch (player->step++) {
	case 0:
		some_pages(scenario, &player->request);
		world_begin(&scenario->world, &player->actor, &player->request);
		return false;
	case 1:
		callbacks_of(scenario, &player->actor, &player->request);
		carry_out(scenario, &player->request);
		if (chance(scenario, 4))
			interrupt(scenario, player);
		return false;
	default:
		world_end(&scenario->world, &player->actor, &player->request, answer(scenario));
		return true;
	}
}

/* Nobody sees it, but that probes have not run is counted. */
static bool play_unseen(struct scenario *scenario, struct player *player)
{
	some_pages(scenario, &player->request);
	stage_miss(scenario->stage);
	world_apply(&scenario->world, &player->request);
	return true;
}

/* First read-only, then executable, perhaps with something in between. */
static bool play_rox(struct scenario *scenario, struct player *player)
{
	switch (player->step++) {
	case 0:
		some_pages(scenario, &player->request);
		player->request.set = PTE_RDONLY;
		player->request.clear = PTE_WRITE;
		break;
	case 1:
	case 4:
		callbacks_of(scenario, &player->actor, &player->request);
		world_apply(&scenario->world, &player->request);
		return false;
	case 2:
		world_end(&scenario->world, &player->actor, &player->request, 0);
		return false;
	case 3:
		if (chance(scenario, 3))
			world_apply(&scenario->world,
				    &(struct request){ player->request.start, PAGE, PTE_WRITE,
						       PTE_RDONLY });
		player->request.set = 0;
		player->request.clear = PTE_PXN;
		break;
	default:
		world_end(&scenario->world, &player->actor, &player->request, 0);
		return true;
	}
	world_begin(&scenario->world, &player->actor, &player->request);
	return false;
}

static void begin_common(struct scenario *scenario, struct player *player)
{
	bool huge = chance(scenario, 4);

	player->nr = 1 + below(scenario, 3);
	player->first = below(scenario, PAGES - player->nr);
	player->wide = scenario->wide != chance(scenario, 8);
	player->refused = huge && scenario->refuses_huge != chance(scenario, 8);
	masks_of(scenario, &player->request);
	world_call(&scenario->world, &player->actor, PWT_FN_COMMON, VMALLOC + player->first * PAGE,
		   player->nr, player->request.set, player->request.clear);
	world_area(&scenario->world, &player->actor, VMALLOC, (PAGES + 1) * PAGE,
		   VM_ALLOC | (huge ? VM_HUGE : 0));
}

/* Of the aliases one by one, and of the range. */
static void part_of_common(struct scenario *scenario, struct player *player, unsigned int nr,
			   unsigned int parts)
{
	struct request request = player->request;
	struct actor inner = inner_of(player);

	request.start = VMALLOC + player->first * PAGE;
	request.size = player->nr * PAGE;
	if (nr + 1 < parts) {
		request.start = world_alias(PA + ((player->wide ? 0 : player->first) + nr) * PAGE);
		request.size = PAGE;
	}
	world_begin(&scenario->world, &inner, &request);
	callbacks_of(scenario, &inner, &request);
	carry_out(scenario, &request);
	world_end(&scenario->world, &inner, &request, 0);
}

static bool play_common(struct scenario *scenario, struct player *player)
{
	bool has_alias = (player->request.set | player->request.clear) & PTE_RDONLY;
	unsigned int aliases = !has_alias ? 0 : player->wide ? PAGES : player->nr;
	unsigned int parts = player->refused ? 0 : aliases + 1, step = player->step++;

	if (!step) {
		begin_common(scenario, player);
		return false;
	}
	if (step <= parts && !chance(scenario, 60)) {
		part_of_common(scenario, player, step - 1, parts);
		return false;
	}
	world_return(&scenario->world, &player->actor, PWT_FN_COMMON,
		     VMALLOC + player->first * PAGE, player->nr,
		     player->refused ? -EINVAL : answer(scenario));
	return true;
}

static void tell_split(struct scenario *scenario, const struct player *player)
{
	struct pwt_split split = {
		.hdr = { .type = PWT_SPLIT,
			 .func = PWT_FN_SPLIT_PMD,
			 .task = player->actor.task,
			 .frame = player->actor.frame - 0x80,
			 .pid = player->actor.pid,
			 .lost_by_task = player->actor.lost },
	};

	split.hdr.time = scenario->world.now += 100;
	world_send(&scenario->world, &split, sizeof(split));
}

static bool play_split(struct scenario *scenario, struct player *player)
{
	switch (player->step++) {
	case 0:
		if (!scenario->options.splits || scenario->blocks == BLOCKS)
			return true;
		player->request = (struct request){ VMALLOC + ++scenario->blocks * BLOCK, PAGE,
						    PTE_RDONLY, PTE_WRITE };
		world_begin(&scenario->world, &player->actor, &player->request);
		return false;
	case 1:
		if (!chance(scenario, 4)) {
			split_as_the_kernel(&scenario->world, &player->request);
			tell_split(scenario, player);
		}
		return false;
	default:
		world_end(&scenario->world, &player->actor, &player->request, 0);
		return true;
	}
}

static bool play_birth(struct scenario *scenario, struct player *player)
{
	uint64_t args[4] = { 0, 4 * PAGE, PAGE_BITS, 12 };
	uint64_t pa = 0xb0000000 + player->number * 4 * PAGE;

	if (!player->step) {
		if (!scenario->options.births || scenario->births == BIRTHS)
			return true;
		player->number = scenario->births++;
		pa = 0xb0000000 + player->number * 4 * PAGE;
	}
	args[0] = VMALLOC + 16 * BLOCK + player->number * 4 * PAGE;
	switch (player->step++) {
	case 0:
		/* there is a table already */
		tables_entry(&scenario->world.tables, PGTABLE_LEVEL_PTE, args[0]);
		world_birth(&scenario->world, &player->actor, PWT_FN_VMAP_SMALL, args);
		world_array(&scenario->world, &player->actor, PWT_FN_VMAP_SMALL, 0, 4, pa, false);
		return false;
	case 1:
		world_pages(&scenario->world, args[0], pa, 4, PAGE_BITS);
		if (chance(scenario, 6))
			world_pages(&scenario->world, args[0] + PAGE, pa, 1, PAGE_BITS);
		return false;
	default:
		world_born(&scenario->world, &player->actor, PWT_FN_VMAP_SMALL, args, 0);
		return true;
	}
}

static bool play_walk(struct scenario *scenario, struct player *player)
{
	struct pwt_walk walk = {
		.hdr = { .type = PWT_WALK,
			 .func = PWT_FN_WALK_LOCKLESS,
			 .task = player->actor.task,
			 .frame = player->actor.frame - 0x200,
			 .pid = player->actor.pid,
			 .lost_by_task = player->actor.lost },
		.ops = 0xffffc00080500800,
	};

	walk.hdr.time = scenario->world.now += 100;
	walk.start = VMALLOC + below(scenario, PAGES) * PAGE;
	walk.end = walk.start + PAGE;
	world_send(&scenario->world, &walk, sizeof(walk));
	return true;
}

/* Where nothing may sleep: fine for KFENCE, which turns up some time. */
static bool play_atomic(struct scenario *scenario, struct player *player)
{
	if (chance(scenario, 8))
		stage_kfence(scenario->stage, 0, 0);
	if (chance(scenario, 8))
		stage_kfence(scenario->stage, world_alias(PA + 8 * PAGE), 4 * PAGE);
	interrupt(scenario, player);
	return true;
}

static void act(struct scenario *scenario, struct player *player)
{
	static const step_fn acts[] = {
		play_range, play_range,	 play_range, play_rox,	 play_rox,    play_common,
		play_walk,  play_common, play_split, play_birth, play_unseen, play_atomic,
	};

	if (!player->act) {
		player->act = acts[below(scenario, ARRAY_SIZE(acts))];
		player->step = 0;
	}
	if (chance(scenario, 80))
		stage_lose(scenario->stage, &player->actor);
	if (player->act(scenario, player))
		player->act = NULL;
}

static bool is_quiet(const struct scenario *scenario)
{
	for (unsigned int i = 0; i < PLAYERS; i++)
		if (scenario->players[i].act)
			return false;
	return true;
}

static void pass_time(struct scenario *scenario)
{
	if (chance(scenario, 12))
		stage_idle(scenario->stage);
	if (chance(scenario, 40))
		stage_tick(scenario->stage);
	if (chance(scenario, 5))
		scenario->world.now += below(scenario, 30000000);
	/* nothing goes on for more than two seconds */
	if (is_quiet(scenario) && chance(scenario, 6))
		scenario->world.now += 3000000000ULL;
}

static void set_up(struct scenario *scenario)
{
	struct world *world = &scenario->world;

	world_init(world);
	world_pages(world, VMALLOC, PA, PAGES, PAGE_BITS);
	world_pages(world, world_alias(PA), PA, PAGES, PAGE_BITS);
	for (unsigned int i = 1; i <= BLOCKS; i++)
		world_block(world, VMALLOC + i * BLOCK, 0xc0000000 + i * BLOCK);
	for (unsigned int i = 0; i < PLAYERS; i++)
		scenario->players[i].actor = (struct actor){
			.task = 0xffff000012340000 + i * 0x2000,
			.frame = 0xffff800081003e00 + i * 0x4000,
			.pid = 100 + i,
			.caller = COMMON_CODE + 0x10000,
		};
	scenario->wide = chance(scenario, 2);
	scenario->refuses_huge = chance(scenario, 2);
}

void scenario_play(uint64_t seed, unsigned int steps, const struct stage_options *options,
		   const char *path, struct told_run *told)
{
	static struct scenario scenario;

	memset(&scenario, 0, sizeof(scenario));
	if (options)
		scenario.options = *options;
	scenario.random = seed;
	scenario.options.splits = chance(&scenario, 2);
	scenario.options.callbacks = !scenario.options.splits && chance(&scenario, 2);
	scenario.options.births = chance(&scenario, 2);
	set_up(&scenario);
	scenario.stage = stage_open(&scenario.world, path, &scenario.options);
	for (unsigned int i = 0; i < steps; i++) {
		act(&scenario, &scenario.players[below(&scenario, PLAYERS)]);
		pass_time(&scenario);
	}
	stage_close(scenario.stage, told);
	world_release(&scenario.world);
}
