// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <linux/btf.h>
#include <string.h>
#include <zlib.h>

#include "vmlinux-gen.h"

#define LIST_MAX MIB
#define WORD_MAX 128

struct parser {
	struct list *list;
	const char *at, *end;
	unsigned int line;
	char word[WORD_MAX]; /* a name with an optional '?', "{" or "}"; "" at the end */
	struct why *why;
};

const char *kind_name(int kind)
{
	switch (kind) {
	case BTF_KIND_STRUCT:
		return "struct";
	case BTF_KIND_UNION:
		return "union";
	case BTF_KIND_ENUM:
		return "enum";
	default:
		return "typedef";
	}
}

static int kind_by_name(const char *word)
{
	static const int kinds[] = {
		BTF_KIND_STRUCT,
		BTF_KIND_UNION,
		BTF_KIND_ENUM,
		BTF_KIND_TYPEDEF,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(word, kind_name(kinds[i])))
			return kinds[i];
	}
	return BTF_KIND_UNKN;
}

static void skip_space(struct parser *p)
{
	for (bool comment = false; p->at < p->end; p->at++) {
		if (*p->at == '\n') {
			p->line++;
			comment = false;
		} else if (*p->at == '#') {
			comment = true;
		} else if (!comment && !isspace((unsigned char)*p->at)) {
			break;
		}
	}
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t word_len(const struct parser *p)
{
	const char *c = p->at;

	if (c < p->end && (*c == '{' || *c == '}'))
		return 1;
	while (c < p->end && is_name_char(*c))
		c++;
	if (c > p->at && c < p->end && *c == '?')
		c++;
	return c - p->at;
}

static int next_word(struct parser *p)
{
	size_t len;

	skip_space(p);
	len = word_len(p);
	if (len >= sizeof(p->word))
		return fail(p->why, EINVAL, "line %u: a name is too long", p->line);
	if (!len && p->at < p->end)
		return fail(p->why, EINVAL, "line %u: a name, '{' or '}' should be here", p->line);
	memcpy(p->word, p->at, len);
	p->word[len] = '\0';
	p->at += len;
	p->list->crc = crc32(p->list->crc, (const Bytef *)p->word, len + 1);
	return 0;
}

static bool is_name(const char *word)
{
	return *word && *word != '{' && *word != '}';
}

/* Take the name that is the current word, with its mark, and go on to the next. */
static int take_name(struct parser *p, char **name, bool *optional)
{
	size_t len = strlen(p->word);

	if (!is_name(p->word))
		return fail(p->why, EINVAL, "line %u: a name should be here, not %s", p->line,
			    *p->word ? p->word : "the end of the list");
	*optional = p->word[len - 1] == '?';
	*name = strndup(p->word, len - *optional);
	if (!*name)
		return fail(p->why, ENOMEM, "out of memory");
	return next_word(p);
}

static int add_member(struct parser *p, struct root *root)
{
	struct member *members = reallocarray(root->members, root->nr_members + 1,
					      sizeof(*members));

	if (!members)
		return fail(p->why, ENOMEM, "out of memory");
	root->members = members;
	members[root->nr_members++] = (struct member){};
	return take_name(p, &members[root->nr_members - 1].name,
			 &members[root->nr_members - 1].optional);
}

static int parse_members(struct parser *p, struct root *root)
{
	unsigned int line = p->line;
	int err = next_word(p);

	if (root->kind == BTF_KIND_TYPEDEF)
		return fail(p->why, EINVAL, "line %u: a typedef has no members to choose from",
			    line);
	root->partial = true;
	while (!err && is_name(p->word))
		err = add_member(p, root);
	if (err)
		return err;
	if (*p->word != '}')
		return fail(p->why, EINVAL, "line %u: this '{' has no '}'", line);
	if (!root->nr_members)
		return fail(p->why, EINVAL, "line %u: no member is named between the braces", line);
	return next_word(p);
}

static int parse_root(struct parser *p, struct root *root)
{
	int kind = kind_by_name(p->word);
	int err = kind ? next_word(p) : 0;

	root->line = p->line;
	root->kind = kind ?: BTF_KIND_TYPEDEF;
	if (err)
		return err;
	if (kind == BTF_KIND_ENUM && *p->word == '{')
		root->name = strdup("");
	else
		err = take_name(p, &root->name, &root->optional);
	if (!err && *p->word == '{')
		err = parse_members(p, root);
	return err;
}

static int check_new(const struct list *list, const struct root *root, struct why *why)
{
	for (const struct root *old = list->roots; old < root; old++) {
		if (old->kind == root->kind && *root->name && !strcmp(old->name, root->name))
			return fail(why, EINVAL, "line %u: %s %s is already in line %u", root->line,
				    kind_name(root->kind), root->name, old->line);
	}
	return 0;
}

static int add_root(struct parser *p)
{
	struct list *list = p->list;
	struct root *roots = reallocarray(list->roots, list->nr_roots + 1, sizeof(*roots));
	struct root *root;
	int err;

	if (!roots)
		return fail(p->why, ENOMEM, "out of memory");
	list->roots = roots;
	root = &roots[list->nr_roots++];
	*root = (struct root){};
	err = parse_root(p, root);
	return err ? err : check_new(list, root, p->why);
}

int list_parse(struct list *list, const char *text, size_t size, struct why *why)
{
	struct parser p = {
		.list = list,
		.at = text,
		.end = text + size,
		.line = 1,
		.why = why,
	};
	int err = next_word(&p);

	while (!err && *p.word)
		err = add_root(&p);
	if (!err && !list->nr_roots)
		err = fail(why, EINVAL, "no type is named in it");
	return err;
}

int list_read(struct list *list, const char *path, struct why *why)
{
	struct blob text __blob = {};
	int err = blob_read(&text, path, why);

	if (err)
		return err;
	if (text.size > LIST_MAX)
		return fail(why, EFBIG, "too big for a list of types");
	return list_parse(list, (char *)text.data, text.size, why);
}

void list_free(struct list *list)
{
	for (unsigned int i = 0; i < list->nr_roots; i++) {
		struct root *root = &list->roots[i];

		for (unsigned int j = 0; j < root->nr_members; j++)
			free(root->members[j].name);
		free(root->members);
		free(root->name);
	}
	free(list->roots);
	*list = (struct list){};
}
