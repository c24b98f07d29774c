/* SPDX-License-Identifier: Apache-2.0 */

/* What an administrator is given to show stored, and what authd wants to know before. */

#include <unistd.h>

#include "authd/keyring.h"
#include "base/clock.h"
#include "clerk.h"
#include "ipc/operator.h"
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

static struct office office;
static int stored;
static uint64_t epoch;
static struct ipc_hash key;

#define GRANT(purpose)                                                                             \
	"{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"bucket\":\"moved\",\"purpose\":"         \
	"\"" purpose "\"}"

/* The contents of the answer's grant, borrowed from memory that the next one reuses. */
static struct operator_grant open_grant(json_t *answer)
{
	static uint8_t sealed[IPC_SEAL_MAX];
	const char *text = json_string_value(json_object_get(answer, "grant"));
	struct operator_grant g;
	struct span contents;
	size_t len;

	assert(json_is_true(json_object_get(answer, "ok")) && text);
	len = strlen(text) / 4 * 3;
	len -= (text[strlen(text) - 1] == '=') + (text[strlen(text) - 2] == '=');
	assert(len <= sizeof(sealed) && base64_decode(span_from_string(text), sealed, len));
	json_decref(answer);
	assert(office_unseal(&key, SEALED_OPERATOR, (struct span){ sealed, len }, &contents));
	assert(operator_grant_decode(contents, &g));
	return g;
}

static void expect_refused(json_t *answer, const char *words)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert(json_is_false(json_object_get(answer, "ok")));
	assert(error && strstr(error, words));
	assert(!json_object_get(answer, "grant"));
	json_decref(answer);
}

/* What whoever asked may read from the answer without its words. */
static void expect_refused_for_now(json_t *answer, const char *words)
{
	assert(json_is_true(json_object_get(answer, "again")));
	expect_refused(answer, words);
}

/* An import, whose bucket stored is asked for and says `error` to. */
static json_t *order_import(enum s3_error error)
{
	struct ipc_message m = { 0 };
	int fd = clerk_connect(&office);
	json_t *answer;

	clerk_say(&office, fd, GRANT("import") "\n", sizeof(GRANT("import")));
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_PROVIDE && span_equal(m.provide.bucket, SPAN("moved")));
	assert(office_silent(&office, fd));
	m = (struct ipc_message){ .number = IPC_PROVIDED,
				  .provided = { .order = m.provide.order,
						.error = (uint16_t)error } };
	office_send(stored, &m);
	answer = json_loads(clerk_hear(&office, fd), 0, NULL);
	close(fd);
	office_settle(&office);
	return answer;
}

static void test_an_export_is_granted_for_who_asked_and_what_he_asked_for(void)
{
	const struct tenant *acme = keyring_find_tenant(office.authd.keyring, SPAN("acme"));
	uint64_t before_ns = clock_boottime_ns();
	struct operator_grant g = open_grant(clerk_ask(&office, GRANT("export")));

	assert(g.uid == CLERK_UID && g.epoch == epoch && g.purpose == OPERATOR_EXPORT);
	assert(g.expires_ns >= before_ns + OPERATOR_LIFE_NS);
	assert(g.expires_ns <= clock_boottime_ns() + OPERATOR_LIFE_NS);
	assert(ipc_id_equal(&g.principal.tenant, &acme->id));
	assert(span_equal(g.principal.canonical_id, span_from_string(acme->canonical_id)));
	assert(span_equal(g.principal.credential, SPAN("uid:4242")));
	assert(span_equal(g.principal.tenant_name, SPAN("acme")));
	assert(g.principal.prefix.len == 0 && g.principal.user.len == 0);
	assert(span_equal(g.bucket, SPAN("moved")));
}

static void test_no_two_grants_are_the_same(void)
{
	struct operator_grant g = open_grant(clerk_ask(&office, GRANT("export")));
	struct ipc_id first = g.id;

	g = open_grant(clerk_ask(&office, GRANT("export")));
	assert(!ipc_id_equal(&first, &g.id));
}

static void test_an_import_is_granted_once_its_bucket_is_there(void)
{
	struct operator_grant g = open_grant(order_import(S3_ERROR_NONE));

	assert(g.uid == CLERK_UID && g.purpose == OPERATOR_IMPORT);
	assert(span_equal(g.bucket, SPAN("moved")));
}

static void test_without_its_bucket_an_import_is_not_granted(void)
{
	expect_refused(order_import(S3_ERROR_BUCKET_ALREADY_EXISTS), "belongs to another tenant");
	expect_refused(order_import(S3_ERROR_INSUFFICIENT_STORAGE), "could not be made");
	expect_refused_for_now(order_import(S3_ERROR_SERVICE_UNAVAILABLE), "could not be made");
}

static void test_to_manage_is_granted_for_one_bucket_or_for_all_of_a_tenants(void)
{
	struct operator_grant g = open_grant(clerk_ask(&office, GRANT("manage")));

	assert(g.purpose == OPERATOR_MANAGE && span_equal(g.bucket, SPAN("moved")));
	g = open_grant(clerk_ask(&office, "{\"do\":\"operator.grant\",\"tenant\":\"acme\","
					  "\"purpose\":\"manage\"}"));
	assert(g.purpose == OPERATOR_MANAGE && g.bucket.len == 0 && g.uid == CLERK_UID);
}

static void test_to_copy_a_tenant_is_granted_for_all_of_it_alone(void)
{
	struct operator_grant g = open_grant(clerk_ask(
		&office, "{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"purpose\":\"backup\"}"));

	assert(g.purpose == OPERATOR_BACKUP && g.bucket.len == 0 && g.uid == CLERK_UID);
	g = open_grant(clerk_ask(
		&office,
		"{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"purpose\":\"restore\"}"));
	assert(g.purpose == OPERATOR_RESTORE && g.bucket.len == 0);
	expect_refused(clerk_ask(&office, GRANT("backup")), "takes no bucket");
	expect_refused(clerk_ask(&office, GRANT("restore")), "takes no bucket");
}

static void test_what_is_not_understood_is_refused(void)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "{\"do\":\"operator.grant\",\"tenant\":\"none\",\"bucket\":\"moved\","
		  "\"purpose\":\"import\"}",
		  "no tenant none" },
		{ "{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"bucket\":\"Moved\","
		  "\"purpose\":\"import\"}",
		  "bucket must be" },
		{ GRANT("delete"), "purpose must be import, export, manage, backup or restore" },
		{ "{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"bucket\":\"moved\"}",
		  "needs purpose" },
		{ "{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"purpose\":\"export\"}",
		  "needs bucket" },
		{ "{\"do\":\"operator.grant\",\"bucket\":\"moved\",\"purpose\":\"export\"}",
		  "needs tenant" },
		{ "{\"do\":\"operator.grant\",\"tenant\":\"acme\",\"bucket\":\"moved\","
		  "\"purpose\":\"export\",\"uid\":0}",
		  "does not know" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_refused(clerk_ask(&office, cases[i].line), cases[i].words);
}

/* What is sealed would open nowhere. */
static void test_nothing_is_granted_while_stored_is_away(void)
{
	close(stored);
	office_settle(&office);
	expect_refused_for_now(clerk_ask(&office, GRANT("export")), "stored does not answer");
	expect_refused_for_now(clerk_ask(&office, GRANT("import")), "stored does not answer");
	stored = office_stored_ready(&office, &epoch, &key);
	assert(open_grant(clerk_ask(&office, GRANT("export"))).epoch == epoch);
}

int main(void)
{
	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	test_an_export_is_granted_for_who_asked_and_what_he_asked_for();
	test_no_two_grants_are_the_same();
	test_an_import_is_granted_once_its_bucket_is_there();
	test_without_its_bucket_an_import_is_not_granted();
	test_to_manage_is_granted_for_one_bucket_or_for_all_of_a_tenants();
	test_to_copy_a_tenant_is_granted_for_all_of_it_alone();
	test_what_is_not_understood_is_refused();
	test_nothing_is_granted_while_stored_is_away();
	close(stored);
	office_close(&office);
	return 0;
}
