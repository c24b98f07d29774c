/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/message.h"

#undef NDEBUG
#include <assert.h>

/* A value for each type of field that no other place in a packet is likely to show. */
#define FILL_u8(name) m.name = 0xa1;
#define FILL_u16(name) m.name = 0xa1b2;
#define FILL_u32(name) m.name = 0xa1b2c3d4;
#define FILL_u64(name) m.name = UINT64_C(0xa1b2c3d4e5f60718);
#define FILL_id(name) memset(m.name.bytes, 0x5a, sizeof(m.name.bytes));
#define FILL_hash(name) memset(m.name.bytes, 0xc3, sizeof(m.name.bytes));
#define FILL_bytes(name) m.name = SPAN(#name " bytes");

#define SAME_u8(name) assert(a->name == b->name);
#define SAME_u16(name) assert(a->name == b->name);
#define SAME_u32(name) assert(a->name == b->name);
#define SAME_u64(name) assert(a->name == b->name);
#define SAME_id(name) assert(ipc_id_equal(&a->name, &b->name));
#define SAME_hash(name) assert(memcmp(a->name.bytes, b->name.bytes, 32) == 0);
#define SAME_bytes(name) assert(span_equal(a->name, b->name));

#define FIELD(type, name, limit) FILL_##type(name)
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	static struct ipc_message sample_##symbol(void)                                            \
	{                                                                                          \
		struct ipc_##symbol m;                                                             \
		memset(&m, 0, sizeof(m));                                                          \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
		return (struct ipc_message){ .number = IPC_##SYMBOL, .symbol = m };                \
	}
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

#define FIELD(type, name, limit) SAME_##type(name)
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	static void same_##symbol(const struct ipc_##symbol *a, const struct ipc_##symbol *b)      \
	{                                                                                          \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
	}
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

static void assert_same(const struct ipc_message *a, const struct ipc_message *b)
{
	assert(a->number == b->number);
	switch (a->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		same_##symbol(&a->symbol, &b->symbol);                                             \
		return;
		IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	}
	assert(!"a number that is no message");
}

static const struct ipc_message *samples(size_t *ret_n)
{
	static struct ipc_message all[64];
	size_t n = 0;

#define MESSAGE(SYMBOL, symbol, ...) all[n++] = sample_##symbol();
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	*ret_n = n;
	return all;
}

static enum ipc_phase a_phase_of(const struct ipc_row *row)
{
	return row->phases & IPC_PHASE_GREETING ? IPC_PHASE_GREETING : IPC_PHASE_READY;
}

static enum ipc_direction a_direction_of(const struct ipc_row *row)
{
	enum ipc_direction d = 0;

	while (!ipc_travels(d, row->number))
		d++;
	return d;
}

static int decode_next(const struct ipc_row *row, struct span *packet, struct ipc_message *ret)
{
	return ipc_decode(a_direction_of(row), a_phase_of(row), packet, row->n_fds, ret);
}

static int decode(const struct ipc_row *row, struct span packet, struct ipc_message *ret)
{
	return decode_next(row, &packet, ret);
}

static void test_what_is_encoded_is_decoded(const struct ipc_message *m, struct span packet)
{
	struct ipc_message got;

	assert(decode_next(ipc_row(m->number), &packet, &got) == IPC_SOUND && !packet.len);
	assert_same(m, &got);
}

static void test_t70_cut_at_every_byte_is_a_fault(const struct ipc_message *m, struct span packet)
{
	struct ipc_message got;

	for (size_t len = 0; len < packet.len; len++) {
		/* A copy of exactly that length, so that the sanitizer sees a read past it. */
		uint8_t *cut = malloc(len + 1);

		memcpy(cut, packet.data, len);
		assert(decode(ipc_row(m->number), (struct span){ cut, len }, &got) ==
		       IPC_FAULT_TRUNCATED);
		free(cut);
	}
}

/* They are the next message, but behind one with descriptors nothing may be: whose would they be? */
static void test_t70_bytes_behind_a_message_with_descriptors_are_a_fault(const struct ipc_message *m,
									 struct span packet)
{
	const struct ipc_row *row = ipc_row(m->number);
	uint8_t *longer = malloc(packet.len + 1);
	struct span rest = { longer, packet.len + 1 };
	struct ipc_message got;
	int r;

	memcpy(longer, packet.data, packet.len);
	longer[packet.len] = 0;
	r = decode_next(row, &rest, &got);
	assert(r == (row->n_fds ? IPC_FAULT_SURPLUS : IPC_SOUND));
	assert(rest.len == (row->n_fds ? packet.len + 1 : 1));
	assert(row->n_fds || decode(row, rest, &got) == IPC_FAULT_TRUNCATED);
	free(longer);
}

static void test_t70_every_other_phase_direction_and_descriptor_count_is_a_fault(
	const struct ipc_message *m, struct span packet)
{
	const struct ipc_row *row = ipc_row(m->number);
	struct ipc_message got;

	for (int d = 0; d < IPC_DIRECTION_COUNT; d++)
		if (!ipc_travels(d, m->number))
			assert(ipc_decode(d, IPC_PHASE_BOTH, &packet, row->n_fds, &got) ==
			       IPC_FAULT_UNKNOWN);
	for (int p = IPC_PHASE_GREETING; p <= IPC_PHASE_READY; p++)
		if (!(row->phases & p))
			assert(ipc_decode(a_direction_of(row), p, &packet, row->n_fds, &got) ==
			       IPC_FAULT_PHASE);
	for (unsigned int n = 0; n < 4; n++)
		if (n != row->n_fds)
			assert(ipc_decode(a_direction_of(row), a_phase_of(row), &packet, n, &got) ==
			       IPC_FAULT_DESCRIPTORS);
}

/* What an operator says, and no worker may; and what both say alike. */
static void test_t70_each_role_has_its_own_messages(void)
{
	enum ipc_direction worker = IPC_FRONTEND_TO_STORED_DIRECTION,
			   administrator = IPC_OPERATOR_TO_STORED_DIRECTION;

	assert(ipc_travels(worker, IPC_CALL) && !ipc_travels(administrator, IPC_CALL));
	assert(ipc_travels(worker, IPC_ENTER) && !ipc_travels(administrator, IPC_ENTER));
	assert(!ipc_travels(worker, IPC_PRESENT) && ipc_travels(administrator, IPC_PRESENT));
	assert(!ipc_travels(worker, IPC_OPERATE) && ipc_travels(administrator, IPC_OPERATE));
	assert(ipc_travels(worker, IPC_COMMIT) && ipc_travels(administrator, IPC_COMMIT));
	assert(!ipc_travels(worker, IPC_DONE) && !ipc_travels(administrator, IPC_DONE));
}

static void test_unknown_numbers_are_a_fault(void)
{
	struct ipc_message got;

	for (unsigned int number = 0; number <= UINT16_MAX; number++) {
		uint8_t packet[] = { (uint8_t)number, (uint8_t)(number >> 8) };

		if (ipc_row(number))
			continue;
		for (int d = 0; d < IPC_DIRECTION_COUNT; d++)
			assert(ipc_decode(d, IPC_PHASE_BOTH, &(struct span){ packet, 2 }, 0, &got) ==
			       IPC_FAULT_UNKNOWN);
	}
}

static void test_fields_over_their_limit_neither_go_out_nor_come_in(void)
{
	static uint8_t large[IPC_SEAL_MAX + 1];
	struct ipc_message m = { .number = IPC_ENTER, .enter = { { large, IPC_SEAL_MAX } } }, got;
	struct buffer b = BUFFER_INIT(1 << 20);
	struct span packet;

	assert(ipc_encode(&m, &b) == 0);
	buffer_reset(&b);
	m.enter.ticket.len++;
	assert(ipc_encode(&m, &b) == -EMSGSIZE && b.len == 0 && buffer_error(&b) == 0);
	wire_put_u16(&b, IPC_ENTER);
	wire_put_bytes(&b, m.enter.ticket);
	packet = buffer_span(&b);
	assert(ipc_decode(IPC_FRONTEND_TO_STORED_DIRECTION, IPC_PHASE_GREETING, &packet, 0,
			  &got) == IPC_FAULT_TRUNCATED);
	buffer_clear(&b);
}

static void test_the_largest_of_every_message_fits_a_packet(void)
{
	size_t most;

#define SIZE_u8(limit) 1
#define SIZE_u16(limit) 2
#define SIZE_u32(limit) 4
#define SIZE_u64(limit) 8
#define SIZE_id(limit) 16
#define SIZE_hash(limit) 32
#define SIZE_bytes(limit) (4 + (limit))
#define FIELD(type, name, limit) +SIZE_##type(limit)
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	most = 2 IPC_##SYMBOL##_FIELDS(FIELD);                                                     \
	assert(most <= IPC_PACKET_MAX);
	IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD
}

/* Whatever decodes is encoded to the very same bytes: there is one spelling of every message. */
static void test_damaged_packets_decode_to_what_they_say_or_not_at_all(const struct ipc_message *m,
									struct span packet)
{
	uint8_t *damaged = malloc(packet.len);
	struct buffer again = BUFFER_INIT(1 << 20);
	struct ipc_message got;

	for (size_t bit = 16; bit < packet.len * 8; bit++) {
		struct span s = { damaged, packet.len }, rest = s;

		memcpy(damaged, packet.data, packet.len);
		damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (decode_next(ipc_row(m->number), &rest, &got) != IPC_SOUND)
			continue;
		buffer_reset(&again);
		assert(ipc_encode(&got, &again) == 0);
		assert(span_equal(buffer_span(&again), span_first(s, s.len - rest.len)));
	}
	buffer_clear(&again);
	free(damaged);
}

int main(void)
{
	size_t n;
	const struct ipc_message *all = samples(&n);

	for (size_t i = 0; i < n; i++) {
		struct buffer b = BUFFER_INIT(IPC_PACKET_MAX);

		assert(ipc_encode(&all[i], &b) == 0);
		test_what_is_encoded_is_decoded(&all[i], buffer_span(&b));
		test_t70_cut_at_every_byte_is_a_fault(&all[i], buffer_span(&b));
		test_t70_bytes_behind_a_message_with_descriptors_are_a_fault(&all[i], buffer_span(&b));
		test_t70_every_other_phase_direction_and_descriptor_count_is_a_fault(
			&all[i], buffer_span(&b));
		test_damaged_packets_decode_to_what_they_say_or_not_at_all(&all[i], buffer_span(&b));
		buffer_clear(&b);
	}
	test_t70_each_role_has_its_own_messages();
	test_unknown_numbers_are_a_fault();
	test_fields_over_their_limit_neither_go_out_nor_come_in();
	test_the_largest_of_every_message_fits_a_packet();
	return 0;
}
