/* SPDX-License-Identifier: Apache-2.0 */

/*
 * There is one packet for each message: what decodes is encoded to the same bytes again, whatever
 * the direction, the phase and the number of descriptors. The same holds for grants, those of
 * operators, tickets, chain seals and answers. The first byte of the input chooses which.
 */

#undef NDEBUG
#include <assert.h>

#include "ipc/answer.h"
#include "ipc/grant.h"
#include "ipc/message.h"
#include "ipc/operator.h"
#include "ipc/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(struct buffer *b, struct span bytes)
{
	assert(buffer_error(b) == 0 && span_equal(buffer_span(b), bytes));
	buffer_clear(b);
}

/* One of the directions that the message goes. */
static enum ipc_direction direction_of(const struct ipc_row *row)
{
	enum ipc_direction d = 0;

	while (!ipc_travels(d, row->number))
		d++;
	return d;
}

/* With the direction and descriptors that its number asks for, and once with others. */
static void try_message(struct span packet)
{
	struct buffer b = BUFFER_INIT(2 * IPC_PACKET_MAX);
	struct ipc_message m;
	struct span rest = packet;
	const struct ipc_row *row;

	if (packet.len < 2 || packet.len > IPC_PACKET_MAX)
		return;
	row = ipc_row(span_bytes(packet)[0] | (unsigned int)span_bytes(packet)[1] << 8);
	if (!row)
		return;
	assert(ipc_decode(direction_of(row), row->phases, &rest, row->n_fds + 1, &m) ==
	       IPC_FAULT_DESCRIPTORS);
	if (ipc_decode(direction_of(row), row->phases, &rest, row->n_fds, &m) != IPC_SOUND)
		return;
	assert(rest.len < packet.len && (!row->n_fds || !rest.len));
	packet.len -= rest.len;
	assert(m.number == row->number && ipc_encode(&m, &b) == 0);
	expect_same(&b, packet);
}

static void try_grant(struct span contents)
{
	struct buffer b = BUFFER_INIT(2 * IPC_GRANT_MAX);
	struct grant g;

	if (contents.len > IPC_GRANT_MAX || !grant_decode(contents, &g))
		return;
	grant_encode(&g, &b);
	/* Not the same bytes: presence is any number but 0. It is the same grant. */
	assert(buffer_error(&b) == 0 && grant_decode(buffer_span(&b), &g));
	assert(g.request.operation < S3_OPERATION_COUNT);
	buffer_clear(&b);
}

static void try_operator_grant(struct span contents)
{
	struct buffer b = BUFFER_INIT(2 * IPC_GRANT_MAX);
	struct operator_grant g;

	if (contents.len > IPC_GRANT_MAX || !operator_grant_decode(contents, &g))
		return;
	operator_grant_encode(&g, &b);
	expect_same(&b, contents);
}

static void try_ticket(struct span contents)
{
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX);
	struct ticket t;

	if (!ticket_decode(contents, &t))
		return;
	ticket_encode(&t, &b);
	expect_same(&b, contents);
}

static void try_chain_seal(struct span contents)
{
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX);
	struct chain_seal s;

	if (!chain_seal_decode(contents, &s))
		return;
	chain_seal_encode(&s, &b);
	expect_same(&b, contents);
}

/* Fields may come in any order and twice: encoded again, what is left has one form. */
static void try_answer(struct span bytes)
{
	struct buffer once = BUFFER_INIT(2 * IPC_ANSWER_MAX), twice = BUFFER_INIT(2 * IPC_ANSWER_MAX);
	struct answer a;

	if (bytes.len > IPC_ANSWER_MAX || !answer_decode(bytes, &a))
		return;
	answer_encode(&a, &once);
	assert(buffer_error(&once) == 0 && answer_decode(buffer_span(&once), &a));
	answer_encode(&a, &twice);
	expect_same(&twice, buffer_span(&once));
	buffer_clear(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct span) = { try_message, try_grant, try_ticket,
						      try_chain_seal, try_answer,
						      try_operator_grant };
	uint8_t *copy;

	if (!size)
		return 0;
	/* Of exactly that size, so that a byte read beyond it is noticed. */
	copy = malloc(size - 1 ? size - 1 : 1);
	assert(copy);
	memcpy(copy, data + 1, size - 1);
	tries[data[0] % ARRAY_SIZE(tries)]((struct span){ copy, size - 1 });
	free(copy);
	return 0;
}
