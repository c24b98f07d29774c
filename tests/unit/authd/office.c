/* SPDX-License-Identifier: Apache-2.0 */
#include "office.h"

#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "s3/date.h"
#include "tests/unit/hearing.h"

#undef NDEBUG
#include <assert.h>

#define SILENCE_NS (30 * NS_PER_MS)

static const uint8_t master[KEYRING_MASTER_LEN] = { 3, 1, 4, 1, 5 };

static void add_first_key(struct office *o)
{
	struct keyring *k = o->authd.keyring;
	struct access_key *a;
	struct tenant *t;

	assert(tenant_new(SPAN("acme"), SPAN("Acme Inc."), SPAN(""), SPAN(""), &t) == 0);
	assert(database_add_tenant(o->authd.database, t) == DATABASE_OK);
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	assert(access_key_new(k, t, SPAN(OFFICE_KEY), SPAN(OFFICE_SECRET), &a) == 0);
	assert(database_add_key(o->authd.database, a) == DATABASE_OK);
	assert(keyring_add_key(k, a) == KEYRING_OK);
}

static void start(struct office *o, bool is_new)
{
	assert(authd_open(&o->authd, &o->options, master) == 0);
	if (is_new)
		add_first_key(o);
	assert(authd_start(&o->authd, -1, -1, -1) == 0);
}

static void furnish(struct office *o)
{
	assert(sodium_init() >= 0);
	o->options = (struct options){ .state = o->directory,
				       .frontend_uid = geteuid(),
				       .stored_uid = geteuid(),
				       .admins.uids = { geteuid() },
				       .admins.n_uids = 1 };
	o->suspended = BUFFER_INIT(1 * MIB);
}

void office_open(struct office *o)
{
	strcpy(o->directory, "/tmp/authd-office-XXXXXX");
	assert(mkdtemp(o->directory));
	furnish(o);
	start(o, true);
}

int office_move_in(struct office *o, const char *directory)
{
	int r;

	snprintf(o->directory, sizeof(o->directory), "%s", directory);
	furnish(o);
	r = authd_open(&o->authd, &o->options, master);
	return r < 0 ? r : authd_start(&o->authd, -1, -1, -1);
}

void office_move_out(struct office *o)
{
	authd_close(&o->authd);
	buffer_clear(&o->suspended);
}

void office_restart(struct office *o)
{
	authd_close(&o->authd);
	start(o, false);
}

void office_close(struct office *o)
{
	static const char *const names[] = { "auth.db", "auth.db-wal", "auth.db-shm", "audit.1.log",
					     "queries.1.log", "denials.1.log" };
	char path[128];

	office_move_out(o);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", o->directory, names[i]);
		unlink(path);
	}
	assert(rmdir(o->directory) == 0);
}

int office_worker(struct office *o)
{
	int ends[2];

	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	assert(session_open(&o->authd, ends[0], getpid()) == 0);
	return ends[1];
}

int office_stored(struct office *o)
{
	int ends[2];

	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	assert(storelink_open(&o->authd, ends[0], getpid()) == 0);
	return ends[1];
}

void office_send_bytes(int fd, const void *bytes, size_t len)
{
	assert(send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

void office_send(int fd, const struct ipc_message *m)
{
	struct buffer b = BUFFER_INIT(IPC_PACKET_MAX);

	assert(ipc_encode(m, &b) == 0);
	office_send_bytes(fd, b.data, b.len);
	buffer_clear(&b);
}

/* Runs authd until the socket has something to read, at most so long. */
static bool wait_for(struct office *o, int fd, uint64_t patience_ns)
{
	uint64_t end_ns = clock_boottime_ns() + patience_ns;
	struct pollfd p = { fd, POLLIN, 0 };

	do {
		assert(authd_step(&o->authd, 1) == 0);
		if (poll(&p, 1, 0) > 0)
			return true;
	} while (clock_boottime_ns() < end_ns);
	return false;
}

bool office_receive(struct office *o, int fd, enum ipc_direction direction, struct ipc_message *ret)
{
	int none;

	assert(wait_for(o, fd, OFFICE_PATIENCE_NS));
	/* The test plays a peer whose handshake is under way or done. */
	return hearing_next(fd, 0, direction, IPC_PHASE_BOTH, o->packet, ret, &none) > 0;
}

bool office_hung_up(struct office *o, int fd)
{
	return wait_for(o, fd, OFFICE_PATIENCE_NS) && recv(fd, o->packet, sizeof(o->packet), 0) <= 0;
}

bool office_silent(struct office *o, int fd)
{
	return !wait_for(o, fd, SILENCE_NS);
}

void office_settle(struct office *o)
{
	for (int i = 0; i < 10; i++)
		assert(authd_step(&o->authd, 0) == 0);
}

int office_stored_ready(struct office *o, uint64_t *ret_epoch, struct ipc_hash *ret_key)
{
	struct ipc_message m = { .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	int fd = office_stored(o);

	office_send(fd, &m);
	buffer_reset(&o->suspended);
	while (assert(office_receive(o, fd, IPC_AUTHD_TO_STORED_DIRECTION, &m)),
	       m.number == IPC_SUSPENDED)
		buffer_append(&o->suspended, m.suspended.tenants);
	assert(m.number == IPC_KEY);
	*ret_epoch = m.key.epoch;
	*ret_key = m.key.key;
	m = (struct ipc_message){ .number = IPC_KEY_TAKEN, .key_taken.epoch = *ret_epoch };
	office_send(fd, &m);
	office_settle(o);
	return fd;
}

int office_worker_ready(struct office *o, struct ipc_id *ret_channel)
{
	struct ipc_message m = { .number = IPC_HELLO, .hello.version = IPC_VERSION };
	struct span tag, contents;
	struct ticket ticket;
	int fd = office_worker(o);
	uint64_t epoch;

	office_send(fd, &m);
	assert(office_receive(o, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m) &&
	       m.number == IPC_WELCOME);
	assert(office_receive(o, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m) &&
	       m.number == IPC_TICKET);
	assert(sealed_split(m.ticket.ticket, &epoch, &tag, &contents));
	assert(ticket_decode(contents, &ticket));
	*ret_channel = ticket.channel;
	return fd;
}

void office_ask(int fd, uint64_t call, const struct request *q)
{
	office_ask_in(S3_DIALECT_S3, fd, call, q);
}

void office_ask_in(enum s3_dialect dialect, int fd, uint64_t call, const struct request *q)
{
	struct s3_head head = request_head(q);
	struct ipc_message m = {
		.number = IPC_ASK,
		.ask = { .call = call,
			 .request_id = 0xabcd0000 + call,
			 .dialect = (uint8_t)dialect,
			 .peer = SPAN("192.0.2.7"),
			 .method = head.method,
			 .target = head.target,
			 .fields = head.fields },
	};

	office_send(fd, &m);
}

bool office_unseal(const struct ipc_hash *key, enum sealed_kind kind, struct span sealed,
		   struct span *ret_contents)
{
	crypto_generichash_blake2b_state state;
	uint8_t own[SEALED_TAG_LEN];
	struct span tag;
	uint64_t epoch;

	if (!sealed_split(sealed, &epoch, &tag, ret_contents))
		return false;
	crypto_generichash_blake2b_init_salt_personal(&state, key->bytes, sizeof(key->bytes),
						      sizeof(own), NULL,
						      (const uint8_t *)sealed_personal[kind]);
	crypto_generichash_blake2b_update(&state, sealed.data, sizeof(epoch));
	crypto_generichash_blake2b_update(&state, ret_contents->data, ret_contents->len);
	crypto_generichash_blake2b_final(&state, own, sizeof(own));
	return memcmp(own, tag.data, sizeof(own)) == 0;
}

static int log_fd = -1, stderr_fd = -1;

void office_log_begin(void)
{
	char path[] = "/tmp/authd-log-XXXXXX";

	log_fd = mkostemp(path, O_CLOEXEC);
	stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	assert(log_fd >= 0 && unlink(path) == 0 && dup2(log_fd, STDERR_FILENO) >= 0);
}

const char *office_log_end(void)
{
	static char said[1 << 20];
	ssize_t n;

	assert(dup2(stderr_fd, STDERR_FILENO) >= 0);
	n = pread(log_fd, said, sizeof(said) - 1, 0);
	assert(n >= 0);
	said[n] = '\0';
	stderr_fd = fd_close(stderr_fd);
	log_fd = fd_close(log_fd);
	return said;
}

const char *office_time(void)
{
	static char text[DATE_TEXT_MAX];

	return date_format_basic((int64_t)(clock_realtime_ns() / NS_PER_S), text);
}
