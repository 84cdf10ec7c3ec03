// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "mapping.h"

/* Mappings that stay, to be looked at, until they are released. */
struct held {
	struct list_head node;
	char name[24];
	struct mapping mapping;
};

static LIST_HEAD(held);

static struct held *find(const char *name)
{
	struct held *h;

	list_for_each_entry(h, &held, node)
		if (!strcmp(h->name, name))
			return h;
	return NULL;
}

static int hold(struct held *h, struct answer *a)
{
	int err = mapping_make(&h->mapping, a);

	if (!err && !h->mapping.addr)
		err = -ENOMEM;
	if (err) {
		mapping_unmake(&h->mapping);
		return err;
	}
	mapping_round_up(&h->mapping);
	mapping_survey(&h->mapping, h->name, a);
	mapping_pieces(&h->mapping, a);
	list_add_tail(&h->node, &held);
	return 0;
}

/* hold NAME KIND BYTES [ARG]... */
int hold_run(int argc, char **argv, struct answer *a)
{
	struct held *h;
	int err;

	if (argc < 4 || strlen(argv[1]) >= sizeof(h->name) || find(argv[1])) {
		say(a, "error=usage: hold NAME KIND BYTES [ARG]..., a name that is not in use\n");
		return -EINVAL;
	}
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	strscpy(h->name, argv[1], sizeof(h->name));
	err = mapping_parse(&h->mapping, argc - 2, argv + 2);
	if (err == argc - 2)
		err = hold(h, a);
	else
		err = -EINVAL;
	if (err)
		kfree(h);
	return err;
}

void release_all(void)
{
	struct held *h, *next;

	list_for_each_entry_safe(h, next, &held, node) {
		mapping_unmake(&h->mapping);
		list_del(&h->node);
		kfree(h);
	}
}

/* release: all that are held */
int release_run(int argc, char **argv, struct answer *a)
{
	release_all();
	return 0;
}
