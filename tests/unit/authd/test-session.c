/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/session.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/grant.h"
#include "ipc/sample.h"
#include "office.h"
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

static struct office office;

/* A worker, a stored, and what they know. */
struct scene {
	int stored, worker;
	uint64_t epoch;
	struct ipc_hash key;
	struct ipc_id channel;
};

static void scene_open(struct scene *s)
{
	s->stored = office_stored_ready(&office, &s->epoch, &s->key);
	s->worker = office_worker_ready(&office, &s->channel);
}

static void scene_close(struct scene *s)
{
	close(s->worker);
	close(s->stored);
	office_settle(&office);
}

static struct signer signer_now(void)
{
	struct signer s = SIGNER;

	s.time = office_time();
	return s;
}

static void ask_signed(int fd, uint64_t call, const char *method, const char *target)
{
	struct signer s = signer_now();
	struct request q;

	request_begin(&q, method, target);
	request_field(&q, "Host", "localhost:9000");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &s);
	office_ask(fd, call, &q);
	request_clear(&q);
}

static void receive(int fd, struct ipc_message *ret, enum ipc_number number)
{
	assert(office_receive(&office, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, ret));
	assert(ret->number == number);
}

static void expect_granted(int fd, uint64_t call)
{
	struct ipc_message m;

	receive(fd, &m, IPC_GRANTED);
	assert(m.granted.call == call);
}

static void expect_denied(int fd, uint64_t call, enum s3_error error)
{
	struct ipc_message m;

	receive(fd, &m, IPC_DENIED);
	assert(m.denied.call == call && m.denied.error == error);
}

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

/* --- streams ------------------------------------------------------------------------------ */

#define DATA "the first and only chunk of a stream"
#define TRAILER "x-amz-checksum-crc32:AAAAAA==\n"

struct upload {
	struct scene scene;
	struct signer signer;
	struct ipc_id grant;
	uint8_t chunks[2 * CHAIN_CLAIM_LEN];
	uint8_t hash[SIGV4_LEN];
	uint8_t trailer_signature[SIGV4_LEN];
	char time[32];
};

static void put_claim(uint8_t *to, uint32_t len, const char *signature)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(len >> (8 * i));
	assert(hex_decode(span_from_string(signature), to + 4, SIGV4_LEN));
}

static void upload_ask(struct upload *u, uint64_t call, bool trailer)
{
	char length[16], first[65], last[65], trailing[65];
	struct span contents;
	struct ipc_message m;
	struct request q;
	struct grant g;

	snprintf(u->time, sizeof(u->time), "%s", office_time());
	u->signer = SIGNER;
	u->signer.time = u->time;
	u->signer.payload = trailer ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" :
				      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
	snprintf(length, sizeof(length), "%zu", sizeof(DATA) - 1);
	request_begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Host", "localhost:9000");
	request_field(&q, "Content-Length", "400");
	request_field(&q, "x-amz-decoded-content-length", length);
	if (trailer)
		request_field(&q, "x-amz-trailer", "x-amz-checksum-crc32");
	request_sign(&q, &u->signer);
	office_ask(u->scene.worker, call, &q);
	signer_chunk(&u->signer, q.seed, DATA, sizeof(DATA) - 1, first);
	signer_chunk(&u->signer, first, "", 0, last);
	signer_trailer(&u->signer, last, TRAILER, trailing);
	request_clear(&q);
	put_claim(u->chunks, sizeof(DATA) - 1, first);
	put_claim(u->chunks + CHAIN_CLAIM_LEN, 0, last);
	assert(hex_decode(span_from_string(trailing), u->trailer_signature, SIGV4_LEN));
	SHA256((const uint8_t *)DATA, sizeof(DATA) - 1, u->hash);
	receive(u->scene.worker, &m, IPC_GRANTED);
	assert(office_unseal(&u->scene.key, SEALED_GRANT, m.granted.grant, &contents));
	assert(grant_decode(contents, &g));
	u->grant = g.id;
}

static void send_chain(struct upload *u, uint64_t call, bool trailer)
{
	struct ipc_message m = { .number = IPC_CHAIN,
				 .chain = { .call = call,
					    .last = 1,
					    .chunks = { u->chunks, sizeof(u->chunks) },
					    .trailer = SPAN(""),
					    .trailer_signature = SPAN("") } };

	if (trailer) {
		m.chain.trailer = SPAN(TRAILER);
		m.chain.trailer_signature = (struct span){ u->trailer_signature, SIGV4_LEN };
	}
	office_send(u->scene.worker, &m);
}

static void send_hashes(struct upload *u)
{
	struct ipc_message m = { .number = IPC_HASHES,
				 .hashes = { u->grant, { u->hash, sizeof(u->hash) } } };

	office_send(u->scene.stored, &m);
}

static void expect_chained(struct upload *u, uint64_t call, const char *checksum)
{
	struct chain_seal seal;
	struct span contents;
	struct ipc_message m;

	receive(u->scene.worker, &m, IPC_CHAINED);
	assert(m.chained.call == call);
	assert(office_unseal(&u->scene.key, SEALED_CHAIN, m.chained.seal, &contents));
	assert(chain_seal_decode(contents, &seal));
	assert(ipc_id_equal(&seal.grant, &u->grant) &&
	       ipc_id_equal(&seal.channel, &u->scene.channel));
	assert(seal.length == sizeof(DATA) - 1);
	assert(span_equal(seal.trailer, span_from_string(checksum)));
}

static void test_a_stream_is_sealed_when_it_is_proven(void)
{
	struct upload u;

	scene_open(&u.scene);
	for (int trailer = 0; trailer < 2; trailer++) {
		upload_ask(&u, 1, trailer);
		send_hashes(&u);
		send_chain(&u, 1, trailer);
		expect_chained(&u, 1, trailer ? "AAAAAA==" : "");
		upload_ask(&u, 2, trailer);
		send_chain(&u, 2, trailer);
		assert(office_silent(&office, u.scene.worker));
		send_hashes(&u);
		expect_chained(&u, 2, trailer ? "AAAAAA==" : "");
	}
	assert(office.authd.chains.by_grant.count == 0 && office.authd.chains.waiting == 0);
	scene_close(&u.scene);
}

/* T76: other bytes went through the pipe than the client signed. */
static void test_t76_a_stream_of_other_bytes_is_denied(void)
{
	struct upload u;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	u.hash[5] ^= 1;
	send_chain(&u, 1, false);
	send_hashes(&u);
	expect_denied(u.scene.worker, 1, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	/* What comes later for it is nobody's any more, and no violation. */
	send_chain(&u, 1, false);
	send_hashes(&u);
	assert(office_silent(&office, u.scene.worker));
	ask_signed(u.scene.worker, 2, "GET", "/");
	expect_granted(u.scene.worker, 2);
	scene_close(&u.scene);
}

/* T76: the hashes of one upload under the grant of another. */
static void test_t76_a_stream_is_proven_by_its_own_hashes_only(void)
{
	struct upload u, other;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	other.scene = u.scene;
	upload_ask(&other, 2, false);
	send_chain(&u, 1, false);
	send_hashes(&other);
	assert(office_silent(&office, u.scene.worker));
	send_chain(&other, 2, false);
	expect_chained(&other, 2, "");
	send_hashes(&u);
	expect_chained(&u, 1, "");
	scene_close(&u.scene);
}

static void test_another_worker_cannot_feed_a_stream(void)
{
	struct ipc_id channel;
	struct upload u;
	int other, own;

	scene_open(&u.scene);
	other = office_worker_ready(&office, &channel);
	upload_ask(&u, 1, false);
	own = u.scene.worker;
	u.scene.worker = other;
	send_chain(&u, 1, false);
	send_hashes(&u);
	assert(office_silent(&office, other) && office_silent(&office, own));
	close(other);
	u.scene.worker = own;
	scene_close(&u.scene);
}

static void test_streams_end_with_stored_worker_or_call(void)
{
	struct ipc_message m = { .number = IPC_FORGET, .forget.call = 1 };
	struct table *streams = &office.authd.chains.by_grant;
	struct upload u;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	assert(streams->count == 1);
	office_send(u.scene.worker, &m);
	office_settle(&office);
	assert(streams->count == 0);
	upload_ask(&u, 1, false);
	m = (struct ipc_message){ .number = IPC_UNCHAIN, .unchain.grant = u.grant };
	office_send(u.scene.stored, &m);
	office_settle(&office);
	assert(streams->count == 0);
	upload_ask(&u, 1, false);
	close(u.scene.stored);
	expect_denied(u.scene.worker, 1, S3_ERROR_SERVICE_UNAVAILABLE);
	assert(streams->count == 0);
	u.scene.stored = office_stored_ready(&office, &u.scene.epoch, &u.scene.key);
	receive(u.scene.worker, &m, IPC_TICKET);
	upload_ask(&u, 1, false);
	assert(streams->count == 1);
	scene_close(&u.scene);
	assert(streams->count == 0 && office.authd.chains.n_free == CHAINS_MAX);
}

static void test_a_stream_that_stands_still_is_ended(void)
{
	struct upload u;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	/* As if it had begun long ago. */
	office.authd.chains.oldest->touched_ns -= CHAINS_IDLE_NS;
	loop_arm(&office.authd.loop, &office.authd.chains.timer, clock_boottime_ns());
	expect_denied(u.scene.worker, 1, S3_ERROR_REQUEST_TIMEOUT);
	assert(office.authd.chains.by_grant.count == 0);
	scene_close(&u.scene);
}

static void test_t73_streams_of_one_worker_are_bounded(void)
{
	struct ipc_id channel;
	struct request q;
	struct upload u;
	int other;

	scene_open(&u.scene);
	for (uint64_t call = 1; call <= SESSION_STREAMS_MAX; call++)
		upload_ask(&u, call, false);
	request_begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Host", "h");
	request_field(&q, "x-amz-decoded-content-length", "1");
	request_sign(&q, &u.signer);
	office_ask(u.scene.worker, SESSION_STREAMS_MAX + 1, &q);
	expect_denied(u.scene.worker, SESSION_STREAMS_MAX + 1, S3_ERROR_SLOW_DOWN);
	request_clear(&q);
	/* Others are not hurt, nor are its other requests. */
	ask_signed(u.scene.worker, 5000, "GET", "/");
	expect_granted(u.scene.worker, 5000);
	other = u.scene.worker;
	u.scene.worker = office_worker_ready(&office, &channel);
	upload_ask(&u, 1, false);
	close(other);
	scene_close(&u.scene);
	assert(office.authd.chains.by_grant.count == 0);
}

static void test_t70_a_call_number_in_use_is_a_violation(void)
{
	struct upload u;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	ask_signed(u.scene.worker, 1, "GET", "/");
	assert(office_hung_up(&office, u.scene.worker));
	assert(office.authd.chains.by_grant.count == 0);
	scene_close(&u.scene);
}

static void test_t70_senseless_chains_end_their_channel_only(void)
{
	struct ipc_message m;
	struct upload u;

	scene_open(&u.scene);
	upload_ask(&u, 1, false);
	m = (struct ipc_message){ .number = IPC_CHAIN,
				  .chain = { .call = 1, .chunks = SPAN("xyz") } };
	office_send(u.scene.worker, &m);
	assert(office_hung_up(&office, u.scene.worker));
	close(u.scene.worker);
	u.scene.worker = office_worker_ready(&office, &u.scene.channel);
	upload_ask(&u, 1, false);
	m = (struct ipc_message){ .number = IPC_HASHES, .hashes = { u.grant, SPAN("xyz") } };
	office_send(u.scene.stored, &m);
	assert(office_hung_up(&office, u.scene.stored));
	expect_denied(u.scene.worker, 1, S3_ERROR_SERVICE_UNAVAILABLE);
	scene_close(&u.scene);
}

/* --- T41, T25 ----------------------------------------------------------------------------- */

#define FAILURES 5

static void scene_open_limited(struct scene *s, const struct limits_config *limits,
			       const char *proxy)
{
	office.options.live.limits = *limits;
	office.options.live.n_proxies = 0;
	if (proxy) {
		assert(ip_network_parse(span_from_string(proxy), &office.options.live.proxies[0]));
		office.options.live.n_proxies = 1;
	}
	office_restart(&office);
	scene_open(s);
}

static void scene_close_limited(struct scene *s)
{
	office.options.live.limits = (struct limits_config){ 0 };
	office.options.live.n_proxies = 0;
	scene_close(s);
	office_restart(&office);
}

static const struct limits_config some_failures = { .login_failures = FAILURES,
						    .login_pause_s = 30 };

/* What authd says to a request of that signer which comes through `proxy` from `client`. */
static enum s3_error ask_from(struct scene *s, struct signer signer, const char *proxy,
			      const char *client, uint32_t *ret_retry_after)
{
	struct ipc_message m = { .number = IPC_ASK };
	struct s3_head head;
	struct request q;

	request_begin(&q, "GET", "/");
	request_field(&q, "Host", "localhost:9000");
	request_sign(&q, &signer);
	request_field(&q, "X-Forwarded-For", client);
	head = request_head(&q);
	m.ask = (struct ipc_ask){ .call = 1,
				  .request_id = 1,
				  .peer = span_from_string(proxy),
				  .method = head.method,
				  .target = head.target,
				  .fields = head.fields };
	office_send(s->worker, &m);
	request_clear(&q);
	assert(office_receive(&office, s->worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
	if (m.number == IPC_GRANTED)
		return S3_ERROR_NONE;
	assert(m.number == IPC_DENIED);
	*ret_retry_after = m.denied.retry_after;
	return (enum s3_error)m.denied.error;
}

static struct signer guesser(bool of_key)
{
	struct signer s = signer_now();

	s.secret = "something that was guessed";
	if (of_key)
		s.access_key = "GUESSEDACCESSKEY0001";
	return s;
}

static void test_t41_whoever_guesses_is_soon_told_nothing(void)
{
	uint32_t retry_after;
	struct scene s;

	scene_open_limited(&s, &some_failures, NULL);
	for (unsigned int i = 0; i < 4 * FAILURES; i++) {
		bool of_key = i % 2;
		enum s3_error told =
			ask_from(&s, guesser(of_key), "192.0.2.1", "198.51.100.1", &retry_after);

		if (i >= FAILURES) {
			assert(told == S3_ERROR_SLOW_DOWN);
			assert(retry_after == 30 || retry_after == 29);
			continue;
		}
		assert(told == (of_key ? S3_ERROR_INVALID_ACCESS_KEY_ID
				       : S3_ERROR_SIGNATURE_DOES_NOT_MATCH));
		assert(retry_after == 0);
	}
	scene_close_limited(&s);
}

static void test_t41_nobody_pays_for_his_neighbours_failures(void)
{
	uint32_t retry_after;
	struct scene s;

	scene_open_limited(&s, &some_failures, NULL);
	for (unsigned int i = 0; i < 4 * FAILURES; i++) {
		ask_from(&s, guesser(true), "192.0.2.1", "198.51.100.1", &retry_after);
		assert(!ask_from(&s, signer_now(), "192.0.2.1", "198.51.100.1", &retry_after));
	}
	assert(ask_from(&s, guesser(true), "192.0.2.2", "198.51.100.1", &retry_after) ==
	       S3_ERROR_INVALID_ACCESS_KEY_ID);
	scene_close_limited(&s);
}

/* Nor does what was refused before any credential was looked for. */
static void test_what_is_no_guess_does_not_count(void)
{
	struct signer late = signer_now();
	struct ipc_message m;
	uint32_t retry_after;
	struct request q;
	struct scene s;

	late.time = "20200101T000000Z";
	scene_open_limited(&s, &some_failures, NULL);
	for (unsigned int i = 0; i < 4 * FAILURES; i++) {
		request_begin(&q, "GET", "/");
		request_field(&q, "Host", "localhost:9000");
		office_ask(s.worker, 1, &q);
		receive(s.worker, &m, IPC_DENIED);
		assert(m.denied.error == S3_ERROR_ACCESS_DENIED);
		request_clear(&q);
		assert(ask_from(&s, late, "192.0.2.7", "198.51.100.1", &retry_after) ==
		       S3_ERROR_REQUEST_TIME_TOO_SKEWED);
	}
	assert(ask_from(&s, guesser(true), "192.0.2.7", "198.51.100.1", &retry_after) ==
	       S3_ERROR_INVALID_ACCESS_KEY_ID);
	scene_close_limited(&s);
}

static bool is_told_nothing(struct scene *s, const char *proxy, const char *client)
{
	uint32_t retry_after;

	return ask_from(s, guesser(true), proxy, client, &retry_after) == S3_ERROR_SLOW_DOWN;
}

static void test_t25_who_is_forwarded_counts_behind_a_trusted_proxy_only(void)
{
	struct scene s;

	scene_open_limited(&s, &some_failures, "10.0.0.0/8");
	for (unsigned int i = 0; i < FAILURES; i++)
		assert(!is_told_nothing(&s, "10.0.0.1", "192.0.2.66, 198.51.100.1"));
	assert(is_told_nothing(&s, "10.0.0.1", "192.0.2.67, 198.51.100.1"));
	/* Another client of that proxy; and the same one, come by himself. */
	assert(!is_told_nothing(&s, "10.0.0.1", "198.51.100.2"));
	assert(is_told_nothing(&s, "198.51.100.1", "198.51.100.3"));
	/* Who is not trusted may say whatever he likes. */
	for (unsigned int i = 0; i < FAILURES; i++)
		assert(!is_told_nothing(&s, "203.0.113.1", i % 2 ? "198.51.100.4" : "10.0.0.2"));
	assert(is_told_nothing(&s, "203.0.113.1", "198.51.100.5"));
	scene_close_limited(&s);
}

static void test_a_key_over_its_rate_is_told_when_to_come_again(void)
{
	static const struct limits_config one_in_a_while = { .request_rate = 1,
							     .request_burst = 3 };
	uint32_t retry_after = 0;
	struct scene s;

	scene_open_limited(&s, &one_in_a_while, NULL);
	for (unsigned int i = 0; i < 3; i++)
		assert(!ask_from(&s, signer_now(), "192.0.2.1", "x", &retry_after));
	assert(ask_from(&s, signer_now(), "192.0.2.1", "x", &retry_after) == S3_ERROR_SLOW_DOWN);
	assert(retry_after == 1);
	/* He is one, wherever he comes from. */
	assert(ask_from(&s, signer_now(), "192.0.2.2", "x", &retry_after) == S3_ERROR_SLOW_DOWN);
	/* Others do not use his rate up. */
	assert(ask_from(&s, guesser(false), "192.0.2.1", "x", &retry_after) ==
	       S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	scene_close_limited(&s);
}

/* --- T42 ---------------------------------------------------------------------------------- */

/* Denials of every kind, then a look at everything that was said. */
static void test_t42_the_log_holds_no_secret_and_no_signature(void)
{
	struct signer signer = signer_now();
	char key[65], seeds[3][65];
	struct ipc_message m;
	const char *said;
	struct request q;
	struct scene s;

	office_log_begin();
	scene_open(&s);
	for (int i = 0; i < 3; i++) {
		signer.secret = i == 1 ? "another secret of somebody" : OFFICE_SECRET;
		signer.access_key = i == 2 ? "SECRETPASTEDHERE" : OFFICE_KEY;
		request_begin(&q, "GET", i ? "/" : "/Not_A_Bucket");
		request_field(&q, "Host", "h");
		request_sign(&q, &signer);
		office_ask(s.worker, (uint64_t)i, &q);
		receive(s.worker, &m, IPC_DENIED);
		/* Nor does the answer to the client show what would have been right. */
		assert(!m.denied.detail.len ||
		       !memmem(m.denied.detail.data, m.denied.detail.len, q.seed, 64));
		memcpy(seeds[i], q.seed, sizeof(seeds[i]));
		request_clear(&q);
	}
	scene_close(&s);
	said = office_log_end();
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		assert(!strstr(said, seeds[i]));
	assert(!strstr(said, "Signature="));
	assert(strstr(said, "denied request=") && strstr(said, "error=InvalidAccessKeyId"));
	assert(strstr(said, "key=" OFFICE_KEY) && strstr(said, "key=unknown"));
	assert(strstr(said, "stored-joined") && strstr(said, "worker-joined"));
	assert(!strstr(said, OFFICE_SECRET) && !strstr(said, "another secret"));
	assert(!strstr(said, "SECRETPASTEDHERE"));
	assert(!strstr(said, hex_encode((struct span){ s.key.bytes, sizeof(s.key.bytes) }, key)));
}

/* --- denials of streams ------------------------------------------------------------------- */

enum spoilt { CHUNK, TRAILER_SIGNATURE, BYTES };

static void refuse_stream(struct upload *u, uint64_t call, enum spoilt what)
{
	bool trailer = what == TRAILER_SIGNATURE;

	upload_ask(u, call, trailer);
	u->chunks[CHAIN_CLAIM_LEN - 1] ^= what == CHUNK;
	u->trailer_signature[0] ^= what == TRAILER_SIGNATURE;
	u->hash[0] ^= what == BYTES;
	send_hashes(u);
	send_chain(u, call, trailer);
	expect_denied(u->scene.worker, call, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

static void test_t04_a_refused_stream_is_counted_and_told_of_as_every_denial(void)
{
	const uint64_t *counted = &office.authd.figures.denials[S3_ERROR_SIGNATURE_DOES_NOT_MATCH];
	const char *said;
	struct upload u;
	char line[200];

	office_restart(&office);
	scene_open(&u.scene);
	office_log_begin();
	for (enum spoilt what = CHUNK; what <= BYTES; what++)
		refuse_stream(&u, what, what);
	said = office_log_end();
	assert(*counted == 3);
	for (enum spoilt what = CHUNK; what <= BYTES; what++) {
		snprintf(line, sizeof(line),
			 "denied request=%016x error=SignatureDoesNotMatch peer=192.0.2.7 "
			 "key=" OFFICE_KEY " retry_after=0 held_back=0\n",
			 0xabcd0000 + what);
		assert(strstr(said, line));
	}
	scene_close(&u.scene);
}

static void test_refused_streams_are_told_of_at_the_rate_of_all_denials(void)
{
	struct rate *rate = &office.authd.denials.rate;
	struct upload u;

	office_restart(&office);
	scene_open(&u.scene);
	rate->allowance.whole_ns = clock_boottime_ns() + 3600 * NS_PER_S;
	refuse_stream(&u, 1, BYTES);
	assert(rate->held_back == 1);
	scene_close(&u.scene);
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
	test_a_stream_is_sealed_when_it_is_proven();
	test_t76_a_stream_of_other_bytes_is_denied();
	test_t76_a_stream_is_proven_by_its_own_hashes_only();
	test_another_worker_cannot_feed_a_stream();
	test_streams_end_with_stored_worker_or_call();
	test_a_stream_that_stands_still_is_ended();
	test_t73_streams_of_one_worker_are_bounded();
	test_t70_a_call_number_in_use_is_a_violation();
	test_t70_senseless_chains_end_their_channel_only();
	test_t41_whoever_guesses_is_soon_told_nothing();
	test_t41_nobody_pays_for_his_neighbours_failures();
	test_what_is_no_guess_does_not_count();
	test_t25_who_is_forwarded_counts_behind_a_trusted_proxy_only();
	test_a_key_over_its_rate_is_told_when_to_come_again();
	test_t42_the_log_holds_no_secret_and_no_signature();
	test_t04_a_refused_stream_is_counted_and_told_of_as_every_denial();
	test_refused_streams_are_told_of_at_the_rate_of_all_denials();
	test_t72_many_large_grants_do_not_end_the_channel();
	office_close(&office);
	return 0;
}
