/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whatever an administrator of a tenant asks with a good signature, there is one answer, a JSON
 * object; what succeeds is a resource that there is; nobody else becomes an administrator, and of
 * the tenant itself and of other tenants everything stays. The input is a method, a blank, a
 * target, and behind the first line a body.
 */

#include "authd/orders/administration.h"

#include <openssl/sha.h>

#include "base/clock.h"
#include "base/log.h"
#include "s3/encoding.h"
#include "tests/unit/authd/clerk.h"
#include "unsynced.h"

#undef NDEBUG
#include <assert.h>

#define KEY	      "key-of-carol"
#define SECRET	      "secret-of-carol"
#define METHOD_SIZE   16
#define SUCCESS(code) ((code) >= 200 && (code) < 300)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const beginning[] = {
	"{\"do\":\"user.create\",\"tenant\":\"acme\",\"user\":\"carol\",\"administrator\":true}",
	"{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"carol\",\"access_key\":\"" KEY
	"\",\"secret_key\":\"" SECRET "\"}",
	"{\"do\":\"user.create\",\"tenant\":\"acme\",\"user\":\"alice\"}",
	"{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"alice\",\"access_key\":\"AKALICE\","
	"\"secret_key\":\"secret-of-alice\"}",
	"{\"do\":\"tenant.create\",\"name\":\"other\"}",
	"{\"do\":\"user.create\",\"tenant\":\"other\",\"user\":\"bob\"}",
	"{\"do\":\"key.create\",\"tenant\":\"other\",\"user\":\"bob\",\"access_key\":\"AKBOB\","
	"\"secret_key\":\"secret-of-bob\"}",
};

/* What no administrator of acme changes. */
static const char *const others[] = {
	"{\"do\":\"tenant.list\"}",
	"{\"do\":\"user.list\",\"tenant\":\"other\"}",
	"{\"do\":\"key.list\",\"tenant\":\"other\"}",
	"{\"do\":\"token.list\",\"tenant\":\"other\"}",
};

static struct office office;
static size_t n_answers;

static void check_answer(const struct ipc_administer *m, const struct administration_answer *a)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(S3_TARGET_MAX);
	json_t *body = json_loadb(a->body.data, a->body.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *error = json_object_get(body, "error");
	struct administration_target t;
	bool is_there =
		administration_find(m->method, m->target, &decoded, &t) == ADMINISTRATION_OK;

	n_answers++;
	assert(json_is_object(body));
	assert(SUCCESS(a->status) ? is_there : a->status >= 400 && a->status < 600);
	/* A policy is the whole body, whatever its members are called. */
	if (!SUCCESS(a->status))
		assert(json_is_string(json_object_get(error, "code")) &&
		       json_is_string(json_object_get(error, "message")));
	json_decref(body);
}

static void told(void *owner, uint64_t call, const struct administration_answer *answer)
{
	check_answer(owner, answer);
}

static void wait_for_the_end(void)
{
	uint64_t end_ns = clock_boottime_ns() + OFFICE_PATIENCE_NS;

	while (office.authd.administrations.n && clock_boottime_ns() < end_ns)
		assert(authd_step(&office.authd, 1) == 0);
	assert(office.authd.administrations.n == 0);
}

static void ask(const char *method, const char *target, struct span body)
{
	struct administration_waiter w = { told, NULL };
	struct administration_answer answer = { 0 };
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct administration *later = NULL;
	char hex[2 * sizeof(hash) + 1];
	struct signer signer = SIGNER;
	struct ipc_administer m;
	struct request q;

	SHA256(body.data, body.len, hash);
	signer.access_key = KEY;
	signer.secret = SECRET;
	signer.service = "coffer";
	signer.time = office_time();
	signer.payload = hex_encode((struct span){ hash, sizeof(hash) }, hex);
	request_begin(&q, method, target);
	request_field(&q, "Host", "localhost:9000");
	request_sign(&q, &signer);
	m = (struct ipc_administer){ .call = 1,
				     .request_id = 1,
				     .peer = SPAN("127.0.0.1"),
				     .method = span_from_string(q.method),
				     .target = span_from_string(q.target),
				     .fields = buffer_span(&q.fields),
				     .body = body };
	w.owner = &m;
	n_answers = 0;
	assert(administration_begin(&office.authd, &m, &w, &later, &answer) == 0);
	if (!later)
		check_answer(&m, &answer);
	wait_for_the_end();
	assert(n_answers == 1);
	administration_wipe(&office.authd);
	request_clear(&q);
}

static void check_administrators(void)
{
	json_t *answer = clerk_ask(&office, "{\"do\":\"user.list\",\"tenant\":\"acme\"}");
	const json_t *users = json_object_get(answer, "users"), *user;
	size_t i;

	assert(json_is_array(users));
	json_array_foreach(users, i, user)
		assert(json_is_false(json_object_get(user, "administrator")) ||
		       strcmp(json_string_value(json_object_get(user, "user")), "carol") == 0);
	json_decref(answer);
}

/* False where the first line is not "METHOD /target", of characters that a head may have. */
static bool take_line(struct span *input, char method[static METHOD_SIZE], char *target,
		      size_t room)
{
	struct span line, first, second;

	*input = span_cut(*input, '\n', &line);
	second = span_cut(line, ' ', &first);
	if (span_is_none(second) || first.len >= METHOD_SIZE || second.len >= room)
		return false;
	memcpy(method, first.data, first.len);
	memcpy(target, second.data, second.len);
	method[first.len] = target[second.len] = '\0';
	for (size_t i = 0; i < line.len; i++)
		if (span_bytes(line)[i] < ' ' || span_bytes(line)[i] >= 0x7f)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data ? data : (const uint8_t *)"", size };
	char method[METHOD_SIZE], target[2 * KIB];
	json_t *before[ARRAY_SIZE(others)];

	if (!take_line(&input, method, target, sizeof(target)))
		return 0;
	log_init("fuzz", 0);
	office_open(&office);
	for (size_t i = 0; i < ARRAY_SIZE(beginning); i++)
		clerk_done(clerk_ask(&office, beginning[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		before[i] = clerk_ask(&office, others[i]);
	ask(method, target, span_is_none(input) ? SPAN("") : input);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		json_t *behind = clerk_ask(&office, others[i]);

		assert(json_equal(before[i], behind));
		json_decref(before[i]);
		json_decref(behind);
	}
	check_administrators();
	office_close(&office);
	return 0;
}
