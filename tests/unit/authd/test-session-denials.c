/* SPDX-License-Identifier: Apache-2.0 */

/* Who is denied: how often, from where, and what is told of it. */

#include <stdio.h>

#include "base/clock.h"
#include "s3/encoding.h"
#include "session-scene.h"

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

int main(void)
{
	office_open(&office);
	test_t41_whoever_guesses_is_soon_told_nothing();
	test_t41_nobody_pays_for_his_neighbours_failures();
	test_what_is_no_guess_does_not_count();
	test_t25_who_is_forwarded_counts_behind_a_trusted_proxy_only();
	test_a_key_over_its_rate_is_told_when_to_come_again();
	test_t42_the_log_holds_no_secret_and_no_signature();
	office_close(&office);
	return 0;
}
