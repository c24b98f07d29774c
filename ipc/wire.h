/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How values lie in a packet: integers little-endian, byte runs behind a u32 length, ids of 16 and
 * hashes of 32 bytes as they are. Reading never goes past the end: a read that would fails the
 * reader for good, yields zero, and is asked for once at the end.
 */

#include <endian.h>

#include "base/buffer.h"

struct ipc_id {
	uint8_t bytes[16];
};

struct ipc_hash {
	uint8_t bytes[32];
};

static inline bool ipc_id_equal(const struct ipc_id *a, const struct ipc_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Ids are random from the first byte on, so any part of one is as good as a hash of it. */
static inline uint64_t ipc_id_number(const struct ipc_id *id)
{
	uint64_t number;

	memcpy(&number, id->bytes, sizeof(number));
	return number;
}

#define IPC_ID_TEXT_SIZE (2 * sizeof(struct ipc_id) + 1)

/* In lower-case hexadecimal, in buf: as it is in logs, names of files, and policies. */
const char *ipc_id_text(const struct ipc_id *id, char buf[static IPC_ID_TEXT_SIZE]);

struct wire_reader {
	struct span rest;
	bool failed;
};

static inline struct wire_reader wire_reader(struct span bytes)
{
	return (struct wire_reader){ bytes, false };
}

/* True if nothing failed and nothing is left over. */
static inline bool wire_ended(const struct wire_reader *r)
{
	return !r->failed && r->rest.len == 0;
}

/* A grant has some fifty values: what is known where it stands is not asked for by a call. */
static inline void wire_get_raw(struct wire_reader *r, void *to, size_t len)
{
	if (r->failed || r->rest.len < len) {
		r->failed = true;
		memset(to, 0, len);
		return;
	}
	memcpy(to, r->rest.data, len);
	r->rest = span_skip(r->rest, len);
}

static inline uint8_t wire_get_u8(struct wire_reader *r)
{
	uint8_t value;

	wire_get_raw(r, &value, sizeof(value));
	return value;
}

static inline uint16_t wire_get_u16(struct wire_reader *r)
{
	uint16_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le16toh(value);
}

static inline uint32_t wire_get_u32(struct wire_reader *r)
{
	uint32_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le32toh(value);
}

static inline uint64_t wire_get_u64(struct wire_reader *r)
{
	uint64_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le64toh(value);
}

/* Borrowed from the packet; longer than `limit` fails the reader. */
struct span wire_get_bytes(struct wire_reader *r, size_t limit);

static inline void wire_put_raw(struct buffer *b, const void *from, size_t len)
{
	buffer_append(b, (struct span){ from, len });
}

static inline void wire_put_u8(struct buffer *b, uint8_t value)
{
	wire_put_raw(b, &value, sizeof(value));
}

static inline void wire_put_u16(struct buffer *b, uint16_t value)
{
	value = htole16(value);
	wire_put_raw(b, &value, sizeof(value));
}

static inline void wire_put_u32(struct buffer *b, uint32_t value)
{
	value = htole32(value);
	wire_put_raw(b, &value, sizeof(value));
}

static inline void wire_put_u64(struct buffer *b, uint64_t value)
{
	value = htole64(value);
	wire_put_raw(b, &value, sizeof(value));
}

void wire_put_bytes(struct buffer *b, struct span s);
