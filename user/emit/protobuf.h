/* SPDX-License-Identifier: GPL-2.0-only */
/* Protocol buffers, as far as it takes to write them: fields, and messages in messages. */
#ifndef PWTRACE_PROTOBUF_H
#define PWTRACE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
	uint8_t *data;
	size_t used, room;
	bool failed; /* there was no memory: what is in it is of no use */
};

void protobuf_release(struct protobuf *pb);

/* Empty again, with its memory. */
static inline void protobuf_clear(struct protobuf *pb)
{
	pb->used = 0;
}

/* uint32, uint64, bool and enums. */
void protobuf_uint(struct protobuf *pb, unsigned int field, uint64_t value);

/* int32 and int64: those below 0 take ten bytes. */
static inline void protobuf_int(struct protobuf *pb, unsigned int field, int64_t value)
{
	protobuf_uint(pb, field, value);
}

/* What is not ASCII becomes '?': a string has to be UTF-8. */
void protobuf_string(struct protobuf *pb, unsigned int field, const char *text);

/* A message: what is written in between is in it. @begun: what protobuf_begin() gave. */
size_t protobuf_begin(struct protobuf *pb, unsigned int field);
void protobuf_end(struct protobuf *pb, size_t begun);

#endif
