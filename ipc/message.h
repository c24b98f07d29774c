/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The messages of schema.h as structs, and the way from and to a packet. Byte runs are borrowed:
 * from the packet when decoded, from the caller when encoded.
 */

#include "ipc/schema.h"
#include "ipc/wire.h"

typedef uint8_t ipc_field_u8;
typedef uint16_t ipc_field_u16;
typedef uint32_t ipc_field_u32;
typedef uint64_t ipc_field_u64;
typedef struct ipc_id ipc_field_id;
typedef struct ipc_hash ipc_field_hash;
typedef struct span ipc_field_bytes;

#define FIELD(type, name, limit) ipc_field_##type name;
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	struct ipc_##symbol {                                                                      \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
	};
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

enum ipc_number {
#define MESSAGE(SYMBOL, symbol, number, ...) IPC_##SYMBOL = number,
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
};

struct ipc_message {
	enum ipc_number number;
	union {
#define MESSAGE(SYMBOL, symbol, ...) struct ipc_##symbol symbol;
		IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	};
};

enum ipc_direction {
#define DIRECTION(SYMBOL, from, to) IPC_##SYMBOL##_DIRECTION,
	IPC_DIRECTIONS(DIRECTION)
#undef DIRECTION
	IPC_DIRECTION_COUNT,
};

enum ipc_phase {
	IPC_PHASE_GREETING = 1,
	IPC_PHASE_READY = 2,
	IPC_PHASE_BOTH = 3,
};

/* What can be wrong with a packet. All of them are a peer's violation. */
enum ipc_fault {
	IPC_SOUND = 0,
	IPC_FAULT_TRUNCATED,	/* cut short, or a field over its limit */
	IPC_FAULT_SURPLUS,	/* bytes left over behind one with descriptors */
	IPC_FAULT_UNKNOWN,	/* no such number in this direction */
	IPC_FAULT_PHASE,	/* not now */
	IPC_FAULT_DESCRIPTORS,	/* too many or too few */
};

struct ipc_row {
	const char *name;
	enum ipc_number number;
	enum ipc_phase phases;
	unsigned int n_fds;
	const char *says;
};

/* NULL where the number is nobody's. */
const struct ipc_row *ipc_row(unsigned int number);

/* Whether a message goes that way; answers of stored go more than one. */
bool ipc_travels(enum ipc_direction direction, enum ipc_number number);

const char *ipc_fault_name(enum ipc_fault fault);

/*
 * The next message of a packet, of which *packet is what is left. 0, or the fault; *ret borrows from it.
 * A message that brings descriptors, all n_fds of the packet, is alone in it.
 */
must_check int ipc_decode(enum ipc_direction direction, enum ipc_phase phase, struct span *packet,
			  unsigned int n_fds, struct ipc_message *ret);

/* Appends one message to b. -EMSGSIZE where a field is over its limit or b is full, -ENOMEM. */
must_check int ipc_encode(const struct ipc_message *m, struct buffer *b);
