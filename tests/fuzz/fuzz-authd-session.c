/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whatever workers and a second stored say to authd, in whatever order and with whatever
 * descriptors, another worker is answered as before, a worker hears only sound messages and never
 * more answers than it asked, and no descriptor stays behind. The input is a conversation, as
 * packets.h has it.
 */

#include "packets.h"

#include "base/log.h"
#include "tests/unit/authd/office.h"
#include "tests/unit/hearing.h"
#include "unsynced.h"

#undef NDEBUG
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum what {
	WHAT_WORKER, /* says this */
	WHAT_WORKER_FD, /* with descriptors */
	WHAT_STORED, /* another one */
	WHAT_STORED_FD,
	WHAT_ANEW, /* another worker in place of this one */
	WHAT_ANEW_READY, /* that has said HELLO */
	WHAT_ANEW_STORED,
	WHAT_SETTLE,
	WHATS,
};

static struct office office;

struct scene {
	int witness, worker, stored, first_stored;
	size_t asked, answered; /* of `worker` */
};

/* --- what authd says ------------------------------------------------------------------------ */

static bool is_answer(enum ipc_number n)
{
	return n == IPC_GRANTED || n == IPC_DENIED || n == IPC_CHAINED || n == IPC_PONG ||
	       n == IPC_MEASURED || n == IPC_ADMINISTERED;
}

/* The number of answers among what has come; the descriptor that there is none of is a defect. */
static size_t hear(int fd, enum ipc_direction d)
{
	static uint8_t packet[IPC_PACKET_MAX];
	struct ipc_message m;
	size_t n = 0;
	int none;

	while (hearing_next(fd, MSG_DONTWAIT, d, IPC_PHASE_BOTH, packet, &m, &none) > 0)
		n += is_answer(m.number);
	return n;
}

static void hear_all(struct scene *s)
{
	office_settle(&office);
	s->answered += hear(s->worker, IPC_AUTHD_TO_FRONTEND_DIRECTION);
	assert(s->answered <= s->asked);
	hear(s->stored, IPC_AUTHD_TO_STORED_DIRECTION);
	hear(s->first_stored, IPC_AUTHD_TO_STORED_DIRECTION);
}

/* --- what is said to it ------------------------------------------------------------------------
 */

static void hello(struct scene *s)
{
	struct ipc_message m = { .number = IPC_HELLO, .hello.version = IPC_VERSION };

	office_send(s->worker, &m);
}

static void replace(int *fd, int by)
{
	close(*fd);
	*fd = by;
}

static void act(struct scene *s, enum what what, struct span packet)
{
	switch (what) {
	case WHAT_WORKER:
	case WHAT_WORKER_FD:
		packets_send(s->worker, packet, what == WHAT_WORKER ? 0 : packets_fds(packet));
		s->asked++;
		return;
	case WHAT_STORED:
	case WHAT_STORED_FD:
		packets_send(s->stored, packet, what == WHAT_STORED ? 0 : packets_fds(packet));
		return;
	case WHAT_ANEW:
	case WHAT_ANEW_READY:
		replace(&s->worker, office_worker(&office));
		s->asked = s->answered = 0;
		if (what == WHAT_ANEW_READY)
			hello(s);
		return;
	case WHAT_ANEW_STORED:
		replace(&s->stored, office_stored(&office));
		return;
	case WHAT_SETTLE:
		hear_all(s);
		return;
	case WHATS:
		return;
	}
}

/* The witness has said nothing but HELLO, and is alive. */
static void check_witness(struct scene *s)
{
	struct ipc_message m = { .number = IPC_PING, .ping.number = 4711 };

	office_send(s->witness, &m);
	do {
		assert(office_receive(&office, s->witness, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
		assert(m.number == IPC_TICKET || m.number == IPC_PONG);
	} while (m.number != IPC_PONG);
	assert(m.pong.number == 4711);
}

static void converse(struct span input)
{
	struct scene s = { 0 };
	struct ipc_hash key;
	struct ipc_id channel;
	struct span packet;
	uint64_t epoch;
	size_t n = 0;
	uint8_t what;

	s.first_stored = office_stored_ready(&office, &epoch, &key);
	s.witness = office_worker_ready(&office, &channel);
	s.worker = office_worker(&office);
	hello(&s);
	s.stored = office_stored(&office);
	while (n++ < PACKETS_MAX && packets_next(&input, &what, &packet))
		act(&s, what % WHATS, packet);
	hear_all(&s);
	check_witness(&s);
	close(s.witness);
	close(s.worker);
	close(s.stored);
	close(s.first_stored);
	office_settle(&office);
	assert(office.authd.sessions.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_fds;

	log_init("fuzz", 0);
	office_open(&office);
	n_fds = packets_open_fds();
	converse((struct span){ data ? data : (const uint8_t *)"", size });
	assert(packets_open_fds() == n_fds);
	office_close(&office);
	return 0;
}
