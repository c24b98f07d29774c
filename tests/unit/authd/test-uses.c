/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/uses.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/grant.h"
#include "office.h"

#undef NDEBUG
#include <assert.h>

static struct office office;
static char text[TOKEN_TEXT_SIZE];

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

/* Written while no authd runs, as its database is nobody else's then. */
static void make_token(void)
{
	struct token_terms terms = { .name = SPAN("full"),
				     .bucket = SPAN("acme-objects"),
				     .prefix = SPAN("p/"),
				     .scopes = TOKEN_SCOPES_ALL };
	const struct tenant acme = { .number = 1 };
	uint8_t hash[TOKEN_HASH_LEN];
	struct database *d;
	struct token *made;
	char path[128];

	token_make(text, hash);
	authd_close(&office.authd);
	snprintf(path, sizeof(path), "%s/auth.db", office.directory);
	assert(database_open(path, &d) == 0);
	assert(token_new(&acme, &terms, hash, &made) == 0);
	assert(database_add_tokens(d, made) == DATABASE_OK);
	token_free(made);
	database_close(d);
	office_restart(&office);
}

static struct token *the_token(void)
{
	return tokens_first(keyring_tokens(office.authd.keyring));
}

static void ask(struct scene *s, uint64_t call, const char *target, struct ipc_message *ret)
{
	struct request q;
	char field[128];

	request_begin(&q, "GET", target);
	request_field(&q, "Host", "localhost:8000");
	snprintf(field, sizeof(field), "Bearer %s", text);
	request_field(&q, "Authorization", field);
	office_ask_in(S3_DIALECT_REST, s->worker, call, &q);
	request_clear(&q);
	assert(office_receive(&office, s->worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, ret));
}

static void test_a_grant_says_whose_token_it_was_and_where_it_ends(void)
{
	struct ipc_message m;
	struct span contents;
	struct grant g;
	struct scene s;

	scene_open(&s);
	ask(&s, 1, "/objects/p/a", &m);
	assert(m.number == IPC_GRANTED && m.granted.call == 1);
	assert(office_unseal(&s.key, SEALED_GRANT, m.granted.grant, &contents));
	assert(grant_decode(contents, &g));
	assert(ipc_id_equal(&g.principal.tenant, &the_token()->tenant->id));
	assert(span_equal(g.principal.credential, SPAN("token:full")));
	assert(span_equal(g.principal.prefix, SPAN("p/")) && g.principal.user.len == 0);
	assert(g.request.dialect == S3_DIALECT_REST && g.request.operation == S3_GET_OBJECT);
	assert(span_equal(g.request.bucket, SPAN("acme-objects")));
	assert(span_equal(g.request.key, SPAN("p/a")));
	/* The token itself goes no further than here. */
	assert(!memmem(m.granted.grant.data, m.granted.grant.len, text, strlen(text)));
	ask(&s, 2, "/objects?prefix=q", &m);
	assert(office_unseal(&s.key, SEALED_GRANT, m.granted.grant, &contents));
	assert(grant_decode(contents, &g) && span_equal(g.principal.prefix, SPAN("p/")));
	scene_close(&s);
}

static void test_a_last_use_is_written_within_the_minute(void)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	struct ipc_message m;
	struct scene s;

	office_restart(&office);
	the_token()->use.used_s = the_token()->use.written_s = 0;
	scene_open(&s);
	ask(&s, 1, "/objects/outside", &m);
	assert(m.number == IPC_DENIED && the_token()->use.used_s == 0);
	assert(!office.authd.uses.timer.loop);
	ask(&s, 2, "/objects/p/a", &m);
	assert(m.number == IPC_GRANTED && the_token()->use.used_s >= now_s);
	assert(office.authd.uses.timer.loop);
	assert(office.authd.uses.timer.at_ns > clock_boottime_ns() + 50 * NS_PER_S);
	loop_arm(&office.authd.loop, &office.authd.uses.timer, 0);
	office_settle(&office);
	assert(the_token()->use.written_s == the_token()->use.used_s);
	assert(!office.authd.uses.timer.loop);
	scene_close(&s);
}

static void test_a_last_use_is_written_at_the_end(void)
{
	struct ipc_message m;
	struct scene s;

	scene_open(&s);
	the_token()->use.used_s = the_token()->use.written_s = 1;
	ask(&s, 1, "/objects/p/a", &m);
	assert(m.number == IPC_GRANTED);
	/* Another moment than any that was written before. */
	the_token()->use.used_s = 4711;
	scene_close(&s);
	office_restart(&office);
	assert(the_token()->use.used_s == 4711);
}

static struct access_key *the_key(void)
{
	return keyring_keys(office.authd.keyring);
}

static void test_a_keys_last_use_is_written_too(void)
{
	struct signer signer = SIGNER;
	struct ipc_message m;
	struct request q;
	struct scene s;

	scene_open(&s);
	the_key()->use.used_s = the_key()->use.written_s = 1;
	signer.time = office_time();
	signer.secret = "not the secret at all";
	for (int i = 0; i < 2; i++) {
		request_begin(&q, "GET", "/bucket/key");
		request_field(&q, "Host", "localhost:9000");
		request_sign(&q, &signer);
		office_ask(s.worker, 1, &q);
		request_clear(&q);
		assert(office_receive(&office, s.worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
		/* At first only somebody who does not know its secret. */
		assert(m.number == (i ? IPC_GRANTED : IPC_DENIED));
		assert((the_key()->use.used_s > 1) == (i == 1));
		signer.secret = SIGNER_SECRET;
	}
	the_key()->use.used_s = 4712;
	scene_close(&s);
	office_restart(&office);
	assert(the_key()->use.used_s == 4712);
}

int main(void)
{
	office_open(&office);
	make_token();
	test_a_grant_says_whose_token_it_was_and_where_it_ends();
	test_a_last_use_is_written_within_the_minute();
	test_a_last_use_is_written_at_the_end();
	test_a_keys_last_use_is_written_too();
	office_close(&office);
	return 0;
}
