/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/message.h"

static const struct ipc_row rows[] = {
#define MESSAGE(SYMBOL, symbol, number_, PHASES, fds, says_)                                       \
	{ #SYMBOL, IPC_##SYMBOL, IPC_PHASE_##PHASES, fds, says_ },
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
};

/* The place of each number in rows[], plus one: a message costs one look, not a search. */
#define IPC_NUMBER_END 128

enum place {
#define MESSAGE(SYMBOL, ...) PLACE_##SYMBOL,
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
};

static const uint8_t places[IPC_NUMBER_END] = {
#define MESSAGE(SYMBOL, symbol, number, ...) [number] = PLACE_##SYMBOL + 1,
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
};

static const bool travels[IPC_DIRECTION_COUNT][IPC_NUMBER_END] = {
#define MESSAGE(SYMBOL, symbol, number, ...) [number] = true,
#define DIRECTION(SYMBOL, from, to) [IPC_##SYMBOL##_DIRECTION] = { IPC_##SYMBOL(MESSAGE) },
	IPC_DIRECTIONS(DIRECTION)
#undef DIRECTION
#undef MESSAGE
};

const struct ipc_row *ipc_row(unsigned int number)
{
	if (number >= IPC_NUMBER_END || !places[number])
		return NULL;
	return &rows[places[number] - 1];
}

bool ipc_travels(enum ipc_direction direction, enum ipc_number number)
{
	return travels[direction][number];
}

const char *ipc_fault_name(enum ipc_fault fault)
{
	switch (fault) {
	case IPC_SOUND:
		return "sound";
	case IPC_FAULT_TRUNCATED:
		return "truncated";
	case IPC_FAULT_SURPLUS:
		return "surplus";
	case IPC_FAULT_UNKNOWN:
		return "unknown";
	case IPC_FAULT_PHASE:
		return "phase";
	case IPC_FAULT_DESCRIPTORS:
		return "descriptors";
	}
	return "?";
}

#define GET_u8(name, limit) m->name = wire_get_u8(r);
#define GET_u16(name, limit) m->name = wire_get_u16(r);
#define GET_u32(name, limit) m->name = wire_get_u32(r);
#define GET_u64(name, limit) m->name = wire_get_u64(r);
#define GET_id(name, limit) wire_get_raw(r, m->name.bytes, sizeof(m->name.bytes));
#define GET_hash(name, limit) wire_get_raw(r, m->name.bytes, sizeof(m->name.bytes));
#define GET_bytes(name, limit) m->name = wire_get_bytes(r, limit);

#define FIELD(type, name, limit) GET_##type(name, limit)
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	static void get_##symbol(struct wire_reader *r, struct ipc_##symbol *m)                    \
	{                                                                                          \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
	}
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

static void get_message(struct wire_reader *r, struct ipc_message *m)
{
	switch (m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		get_##symbol(r, &m->symbol);                                                       \
		break;
		IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	}
}

int ipc_decode(enum ipc_direction direction, enum ipc_phase phase, struct span *packet,
	       unsigned int n_fds, struct ipc_message *ret)
{
	struct wire_reader r = wire_reader(*packet);
	const struct ipc_row *row = ipc_row(wire_get_u16(&r));

	if (r.failed)
		return IPC_FAULT_TRUNCATED;
	if (!row || !ipc_travels(direction, row->number))
		return IPC_FAULT_UNKNOWN;
	if (!(row->phases & phase))
		return IPC_FAULT_PHASE;
	if (row->n_fds != n_fds)
		return IPC_FAULT_DESCRIPTORS;
	ret->number = row->number;
	get_message(&r, ret);
	if (r.failed)
		return IPC_FAULT_TRUNCATED;
	if (n_fds && !wire_ended(&r))
		return IPC_FAULT_SURPLUS;
	*packet = r.rest;
	return IPC_SOUND;
}

#define PUT_u8(name, limit) wire_put_u8(b, m->name);
#define PUT_u16(name, limit) wire_put_u16(b, m->name);
#define PUT_u32(name, limit) wire_put_u32(b, m->name);
#define PUT_u64(name, limit) wire_put_u64(b, m->name);
#define PUT_id(name, limit) wire_put_raw(b, m->name.bytes, sizeof(m->name.bytes));
#define PUT_hash(name, limit) wire_put_raw(b, m->name.bytes, sizeof(m->name.bytes));
#define PUT_bytes(name, limit) put_limited(b, m->name, limit);

/* What our own side sends obeys the limits too, or the peer would call it a violation. */
static void put_limited(struct buffer *b, struct span s, size_t limit)
{
	if (s.len > limit)
		b->error = -EMSGSIZE;
	else
		wire_put_bytes(b, s);
}

#define FIELD(type, name, limit) PUT_##type(name, limit)
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	static void put_##symbol(struct buffer *b, const struct ipc_##symbol *m)                   \
	{                                                                                          \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
	}
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

int ipc_encode(const struct ipc_message *m, struct buffer *b)
{
	size_t start = b->len;
	int r;

	wire_put_u16(b, (uint16_t)m->number);
	switch (m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		put_##symbol(b, &m->symbol);                                                       \
		break;
		IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	}
	r = buffer_error(b);
	if (r == 0 && b->len - start > IPC_PACKET_MAX)
		r = -EMSGSIZE;
	if (r < 0) {
		/* The buffer goes on being used for other packets. */
		b->len = start;
		b->error = 0;
	}
	return r;
}
