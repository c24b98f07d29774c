/* SPDX-License-Identifier: Apache-2.0 */

/* Workers' channels: what is granted on them, and what ends them. */

#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "ipc/grant.h"
#include "ipc/sample.h"
#include "session-scene.h"

/* --- handshakes --------------------------------------------------------------------------- */

static void test_nothing_is_granted_before_stored_has_the_key(void)
{
	struct ipc_message m = { .number = IPC_HELLO, .hello.version = IPC_VERSION };
	int worker = office_worker(&office), stored;
	struct ipc_hash key;
	uint64_t epoch;

	office_send(worker, &m);
	receive(worker, &m, IPC_WELCOME);
	ask_signed(worker, 1, "GET", "/");
	expect_denied(worker, 1, S3_ERROR_SERVICE_UNAVAILABLE);
	/* Connected and given the key is not enough: it must say that it has taken it. */
	stored = office_stored(&office);
	m = (struct ipc_message){ .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	office_send(stored, &m);
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	ask_signed(worker, 2, "GET", "/");
	expect_denied(worker, 2, S3_ERROR_SERVICE_UNAVAILABLE);
	close(stored);
	office_settle(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	receive(worker, &m, IPC_TICKET);
	assert(m.ticket.epoch == epoch);
	ask_signed(worker, 3, "GET", "/");
	expect_granted(worker, 3);
	close(stored);
	office_settle(&office);
	ask_signed(worker, 4, "GET", "/");
	expect_denied(worker, 4, S3_ERROR_SERVICE_UNAVAILABLE);
	close(worker);
	office_settle(&office);
}

static void test_tickets_name_a_channel_of_their_own(void)
{
	struct span contents;
	struct ipc_message m;
	struct ticket ticket;
	struct ipc_id first;
	struct scene s;
	int other;

	scene_open(&s);
	other = office_worker_ready(&office, &first);
	assert(!ipc_id_equal(&first, &s.channel));
	close(s.stored);
	/* A new stored, a new epoch: another ticket, another id. */
	s.stored = office_stored_ready(&office, &s.epoch, &s.key);
	receive(s.worker, &m, IPC_TICKET);
	assert(m.ticket.epoch == s.epoch);
	assert(office_unseal(&s.key, SEALED_TICKET, m.ticket.ticket, &contents));
	assert(ticket_decode(contents, &ticket));
	assert(!ipc_id_equal(&ticket.channel, &s.channel));
	close(other);
	scene_close(&s);
}

static void test_a_new_stored_gets_a_new_key_and_replaces_the_old(void)
{
	struct ipc_hash key;
	uint64_t epoch;
	struct scene s;
	int second;

	scene_open(&s);
	second = office_stored_ready(&office, &epoch, &key);
	assert(epoch != s.epoch && memcmp(&key, &s.key, sizeof(key)) != 0);
	assert(office_hung_up(&office, s.stored));
	close(second);
	scene_close(&s);
}

/* --- grants ------------------------------------------------------------------------------- */

static void test_a_grant_carries_the_request_and_who_asks(void)
{
	const struct tenant *t = keyring_find_tenant(office.authd.keyring, SPAN("acme"));
	struct span contents;
	struct ipc_message m;
	struct grant g;
	struct scene s;
	uint64_t now;

	scene_open(&s);
	ask_signed(s.worker, 7, "PUT", "/bucket/some%20key");
	receive(s.worker, &m, IPC_GRANTED);
	now = clock_boottime_ns();
	assert(m.granted.call == 7);
	assert(office_unseal(&s.key, SEALED_GRANT, m.granted.grant, &contents));
	assert(grant_decode(contents, &g));
	assert(g.epoch == s.epoch && ipc_id_equal(&g.channel, &s.channel));
	assert(g.expires_ns > now && g.expires_ns <= now + GRANT_LIFE_NS);
	assert(g.request_id == 0xabcd0007 && span_equal(g.peer, SPAN("192.0.2.7")));
	assert(ipc_id_equal(&g.principal.tenant, &t->id));
	assert(span_equal(g.principal.tenant_name, span_from_string(t->name)));
	assert(span_equal(g.principal.canonical_id, span_from_string(t->canonical_id)));
	assert(span_equal(g.principal.display_name, SPAN("Acme Inc.")));
	assert(g.principal.user.len == 0 && span_equal(g.principal.credential, SPAN(OFFICE_KEY)));
	assert(g.request.operation == S3_PUT_OBJECT);
	assert(span_equal(g.request.bucket, SPAN("bucket")));
	assert(span_equal(g.request.key, SPAN("some key")));
	assert(!g.limits.bandwidth && !g.limits.parallel);
	/* Credentials stay here. */
	assert(span_is_none(g.request.headers[S3_HEADER_AUTHORIZATION]));
	scene_close(&s);
}

static struct grant_limits granted_limits(struct scene *s, uint64_t call, bool is_signed)
{
	struct signer signer = signer_now();
	struct span contents;
	struct ipc_message m;
	struct request q;
	struct grant g;

	request_begin(&q, "GET", "/bucket/key");
	request_field(&q, "Host", "localhost:9000");
	if (is_signed)
		request_sign(&q, &signer);
	office_ask(s->worker, call, &q);
	request_clear(&q);
	receive(s->worker, &m, IPC_GRANTED);
	assert(office_unseal(&s->key, SEALED_GRANT, m.granted.grant, &contents));
	assert(grant_decode(contents, &g));
	return g.limits;
}

static void test_a_grant_carries_the_limits_of_its_tenant_as_they_are_now(void)
{
	struct tenant *t = keyring_find_tenant(office.authd.keyring, SPAN("acme"));
	struct ceilings *of_all = &office.authd.live.limits.of_all;
	struct grant_limits limits;
	struct scene s;

	scene_open(&s);
	of_all->of[CEILING_PARALLEL] = 9;
	t->ceilings.of[CEILING_BANDWIDTH] = INT64_C(1) << 40;
	limits = granted_limits(&s, 1, true);
	assert(limits.bandwidth == UINT64_C(1) << 40 && limits.parallel == 9);
	t->ceilings.of[CEILING_PARALLEL] = CEILING_NONE;
	assert(granted_limits(&s, 2, true).parallel == 0);
	/* Of nobody in particular there are none. */
	limits = granted_limits(&s, 3, false);
	assert(!limits.bandwidth && !limits.parallel);
	t->ceilings = CEILINGS_OF_ALL;
	of_all->of[CEILING_PARALLEL] = CEILING_NONE;
	scene_close(&s);
}

/* T12, T71: a repeated request gets another grant; each has its own id. */
static void test_t12_no_two_grants_are_alike(void)
{
	struct ipc_id ids[8];
	struct ipc_message m;
	struct span contents;
	struct grant g;
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		ask_signed(s.worker, i, "GET", "/");
		receive(s.worker, &m, IPC_GRANTED);
		assert(office_unseal(&s.key, SEALED_GRANT, m.granted.grant, &contents));
		assert(grant_decode(contents, &g));
		ids[i] = g.id;
		for (size_t j = 0; j < i; j++)
			assert(!ipc_id_equal(&ids[i], &ids[j]));
	}
	scene_close(&s);
}

static void test_many_asks_are_answered_in_order(void)
{
	struct scene s;

	scene_open(&s);
	for (uint64_t call = 1; call <= 50; call++)
		ask_signed(s.worker, call, "GET", "/");
	for (uint64_t call = 1; call <= 50; call++)
		expect_granted(s.worker, call);
	scene_close(&s);
}

static void test_a_grant_that_would_be_too_large_is_refused(void)
{
	static char large[30001];
	struct signer signer = signer_now();
	struct request q;
	struct scene s;

	scene_open(&s);
	memset(large, 'x', sizeof(large) - 1);
	request_begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Host", "localhost:9000");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &signer);
	request_field(&q, "Content-Disposition", large);
	office_ask(s.worker, 1, &q);
	expect_denied(s.worker, 1, S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	request_clear(&q);
	scene_close(&s);
}

/* As a tenant with a key could ask, while the worker is busy with something else. */
static void test_t72_many_large_grants_do_not_end_the_channel(void)
{
	static char large[20001];
	struct signer signer = signer_now();
	unsigned int granted = 0, denied = 0;
	struct ipc_message m;
	struct request q;
	struct scene s;

	scene_open(&s);
	memset(large, 'x', sizeof(large) - 1);
	request_begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Host", "localhost:9000");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &signer);
	request_field(&q, "Content-Disposition", large);
	for (uint64_t call = 1; call <= 400; call++) {
		office_ask(s.worker, call, &q);
		office_settle(&office);
	}
	for (uint64_t call = 1; call <= 400; call++) {
		assert(office_receive(&office, s.worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
		granted += m.number == IPC_GRANTED;
		denied += m.number == IPC_DENIED && m.denied.error == S3_ERROR_SLOW_DOWN;
	}
	assert(granted > 50 && denied > 50 && granted + denied == 400);
	ask_signed(s.worker, 401, "GET", "/");
	expect_granted(s.worker, 401);
	request_clear(&q);
	scene_close(&s);
}

/* --- T72: the client's mistakes ----------------------------------------------------------- */

static void test_t72_no_mistake_of_a_client_ends_the_channel(void)
{
	static const char *const targets[] = { "",	   "*",	  "/%",
					       "/\x01",	   "/?%", "/b?max-keys=x",
					       "http://x/" };
	struct ipc_message m = { .number = IPC_ASK };
	struct request q;
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		request_begin(&q, "GET", targets[i]);
		office_ask(s.worker, i, &q);
		receive(s.worker, &m, IPC_DENIED);
		assert(m.denied.call == i && m.denied.error);
		request_clear(&q);
	}
	/* Fields that are no pairs, a method that is none, bytes of every kind. */
	m = (struct ipc_message){ .number = IPC_ASK,
				  .ask = { .call = 77,
					   .request_id = 1,
					   .method = SPAN("\n"),
					   .target = SPAN("/"),
					   .fields = SPAN("garbage") } };
	office_send(s.worker, &m);
	receive(s.worker, &m, IPC_DENIED);
	ask_signed(s.worker, 99, "GET", "/");
	expect_granted(s.worker, 99);
	scene_close(&s);
}

/* --- T70: what only a broken frontend sends ----------------------------------------------- */

static void expect_violation(const struct ipc_message *m, size_t cut, size_t surplus)
{
	struct buffer b = BUFFER_INIT(IPC_PACKET_MAX);
	struct scene s;

	scene_open(&s);
	assert(ipc_encode(m, &b) == 0);
	for (size_t i = 0; i < surplus; i++)
		buffer_append_byte(&b, 0);
	office_send_bytes(s.worker, b.data, b.len - cut);
	assert(office_hung_up(&office, s.worker));
	buffer_clear(&b);
	/* The daemon and its other channels go on. */
	close(s.worker);
	s.worker = office_worker_ready(&office, &s.channel);
	ask_signed(s.worker, 1, "GET", "/");
	expect_granted(s.worker, 1);
	scene_close(&s);
}

static void test_t70_what_is_off_ends_the_channel_only(void)
{
	struct ipc_message ask = { .number = IPC_ASK,
				   .ask = { .method = SPAN("GET"), .target = SPAN("/") } };
	struct ipc_message hello = { .number = IPC_HELLO, .hello.version = IPC_VERSION };
	struct ipc_message granted = { .number = IPC_GRANTED };
	struct ipc_message key_taken = { .number = IPC_KEY_TAKEN };

	expect_violation(&ask, 1, 0);
	expect_violation(&ask, 0, 1);
	expect_violation(&hello, 0, 0);		/* twice */
	expect_violation(&granted, 0, 0);	/* the other direction */
	expect_violation(&key_taken, 0, 0);	/* another role */
}

static void test_t70_a_wrong_version_or_no_greeting_ends_the_channel(void)
{
	struct ipc_message m = { .number = IPC_HELLO, .hello.version = IPC_VERSION + 1 };
	struct ipc_message ask = { .number = IPC_ASK, .ask.method = SPAN("GET") };
	int fd;

	fd = office_worker(&office);
	office_send(fd, &m);
	assert(office_hung_up(&office, fd));
	close(fd);
	fd = office_worker(&office);
	office_send(fd, &ask);
	assert(office_hung_up(&office, fd));
	close(fd);
	fd = office_stored(&office);
	m = (struct ipc_message){ .number = IPC_STORE_HELLO,
				  .store_hello.version = IPC_VERSION + 1 };
	office_send(fd, &m);
	assert(office_hung_up(&office, fd));
	close(fd);
}

/* A frontend in stored's place would get the key: the socket, not the message, says who one is. */
static void test_t70_a_worker_cannot_speak_as_stored(void)
{
	struct ipc_message m = { .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	int fd = office_worker(&office);

	office_send(fd, &m);
	assert(office_hung_up(&office, fd));
	close(fd);
}

static void test_t70_another_epoch_is_not_acknowledged(void)
{
	struct ipc_message m = { .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	int fd = office_stored(&office);

	office_send(fd, &m);
	assert(office_receive(&office, fd, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	m = (struct ipc_message){ .number = IPC_KEY_TAKEN, .key_taken.epoch = m.key.epoch + 1 };
	office_send(fd, &m);
	assert(office_hung_up(&office, fd));
	assert(!storelinks_are_ready(&office.authd));
	close(fd);
}

/* The only timer of a fresh channel is the one that waits for its greeting. */
static void expect_ended_by_its_timer(int fd)
{
	assert(office_silent(&office, fd));
	assert(office.authd.loop.timers);
	loop_arm(&office.authd.loop, office.authd.loop.timers, clock_boottime_ns());
	assert(office_hung_up(&office, fd));
	close(fd);
	assert(!office.authd.loop.timers);
}

static void test_who_does_not_greet_is_closed(void)
{
	struct ipc_message m = { .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	int fd;

	/* A stream's line keeps ringing until it is empty. */
	loop_disarm(&office.authd.chains.timer);
	/* And so does the minute after which it is written whose keys were used. */
	loop_disarm(&office.authd.uses.timer);
	expect_ended_by_its_timer(office_worker(&office));
	expect_ended_by_its_timer(office_stored(&office));
	/* stored must take the key, too. */
	fd = office_stored(&office);
	office_send(fd, &m);
	assert(office_receive(&office, fd, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	expect_ended_by_its_timer(fd);
}

static void test_a_ping_is_answered(void)
{
	struct ipc_message m = { .number = IPC_PING, .ping.number = 77 };
	struct ipc_message hello = { .number = IPC_HELLO, .hello.version = IPC_VERSION };
	int fd = office_worker(&office);

	office_send(fd, &hello);
	assert(office_receive(&office, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, &hello));
	office_send(fd, &m);
	assert(office_receive(&office, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
	assert(m.number == IPC_PONG && m.pong.number == 77);
	close(fd);
	office_settle(&office);
}

/* The value of a metric of authd's with these labels, or UINT64_MAX where it is not told. */
static uint64_t figure(int fd, enum metric metric, const char *first, const char *second)
{
	struct ipc_message m = { .number = IPC_MEASURE, .measure.number = 78 };
	struct sample s;
	struct span rest;

	office_send(fd, &m);
	assert(office_receive(&office, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
	assert(m.number == IPC_MEASURED && m.measured.number == 78);
	rest = m.measured.samples;
	while (sample_next(&rest, METRIC_FROM_AUTHD, &s) == 1)
		if (s.metric == metric &&
		    (!first || span_equal(s.labels[0], span_from_string(first))) &&
		    (!second || span_equal(s.labels[1], span_from_string(second))))
			return s.values[0];
	assert(rest.len == 0);
	return UINT64_MAX;
}

static void test_authd_tells_its_figures(void)
{
	struct scene s;
	uint64_t grants, epochs;

	scene_open(&s);
	grants = figure(s.worker, METRIC_GRANTS, "s3", NULL);
	epochs = figure(s.worker, METRIC_EPOCHS, NULL, NULL);
	ask_signed(s.worker, 1, "GET", "/bucket/key");
	expect_granted(s.worker, 1);
	assert(figure(s.worker, METRIC_GRANTS, "s3", NULL) == grants + 1);
	assert(figure(s.worker, METRIC_GRANTS, "rest", NULL) == 0);
	assert(figure(s.worker, METRIC_TENANTS, NULL, NULL) == 1);
	assert(figure(s.worker, METRIC_EPOCHS, NULL, NULL) == epochs && epochs > 0);
	assert(figure(s.worker, METRIC_AUTHD_WORKERS, NULL, NULL) == 1);
	assert(figure(s.worker, METRIC_START_TIME, "authd", NULL) > NS_PER_S);
	assert(figure(s.worker, METRIC_IPC_QUEUE, "authd", "stored") == 0);
	scene_close(&s);
}

static void test_the_number_of_channels_is_bounded(void)
{
	int fds[SESSIONS_MAX], ends[2];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = office_worker(&office);
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	assert(session_open(&office.authd, ends[0], 1) == LISTENER_FULL);
	assert(recv(ends[1], ends, 1, 0) == 0);
	close(ends[1]);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	office_settle(&office);
	for (size_t i = 0; i < SESSIONS_MAX / CHANNEL_RECEIVE_BATCH; i++)
		office_settle(&office);
	assert(office.authd.sessions.n == 0);
}

int main(void)
{
	office_open(&office);
	test_nothing_is_granted_before_stored_has_the_key();
	test_tickets_name_a_channel_of_their_own();
	test_a_new_stored_gets_a_new_key_and_replaces_the_old();
	test_a_grant_carries_the_request_and_who_asks();
	test_a_grant_carries_the_limits_of_its_tenant_as_they_are_now();
	test_t12_no_two_grants_are_alike();
	test_many_asks_are_answered_in_order();
	test_a_grant_that_would_be_too_large_is_refused();
	test_t72_no_mistake_of_a_client_ends_the_channel();
	test_t70_what_is_off_ends_the_channel_only();
	test_t70_a_wrong_version_or_no_greeting_ends_the_channel();
	test_t70_a_worker_cannot_speak_as_stored();
	test_t70_another_epoch_is_not_acknowledged();
	test_who_does_not_greet_is_closed();
	test_a_ping_is_answered();
	test_authd_tells_its_figures();
	test_the_number_of_channels_is_bounded();
	test_t72_many_large_grants_do_not_end_the_channel();
	office_close(&office);
	return 0;
}
