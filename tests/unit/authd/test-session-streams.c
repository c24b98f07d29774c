/* SPDX-License-Identifier: Apache-2.0 */

/* Signed streams: sealed when they are proven, and denied or ended when not. */

#include <openssl/sha.h>
#include <stdio.h>

#include "base/clock.h"
#include "ipc/grant.h"
#include "s3/encoding.h"
#include "session-scene.h"

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
	test_a_stream_is_sealed_when_it_is_proven();
	test_t76_a_stream_of_other_bytes_is_denied();
	test_t76_a_stream_is_proven_by_its_own_hashes_only();
	test_another_worker_cannot_feed_a_stream();
	test_streams_end_with_stored_worker_or_call();
	test_a_stream_that_stands_still_is_ended();
	test_t73_streams_of_one_worker_are_bounded();
	test_t70_a_call_number_in_use_is_a_violation();
	test_t70_senseless_chains_end_their_channel_only();
	test_t04_a_refused_stream_is_counted_and_told_of_as_every_denial();
	test_refused_streams_are_told_of_at_the_rate_of_all_denials();
	office_close(&office);
	return 0;
}
