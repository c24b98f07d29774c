/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/gate.h"

#include "tests/unit/stored/engine/engine-fixture.h"

static struct fixture f;
static struct gates *gates;

static void begin(void)
{
	fixture_begin(&f);
	assert(gates_new(f.store, GATES_MAX, GATES_POLICIES_MAX, &gates) == 0);
}

static void end(void)
{
	gates = gates_free(gates);
	fixture_end(&f);
}

static void set(const char *bucket, enum store_configuration kind, const char *document)
{
	_cleanup_(change_freep) struct change *c = NULL;

	assert(change_new(CHANGE_SET_CONFIGURATION, &f.tenant, span_from_string(bucket), SPAN_NONE,
			  &c) == 0);
	c->set_configuration.kind = kind;
	c->set_configuration.document = document ? span_from_string(document) : SPAN_NONE;
	c->set_configuration.owner_id = SPAN("0123");
	c->set_configuration.owner_name = SPAN("Me");
	assert(submit(&f, c) == 0);
}

static const char *policy(const char *principal)
{
	static char text[256];

	snprintf(text, sizeof(text),
		 "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":%s,"
		 "\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}}",
		 principal);
	return text;
}

static const struct gate *gate(const char *bucket)
{
	const struct gate *g;

	assert(gates_find(gates, span_from_string(bucket), &g) == 0);
	return g;
}

static void test_a_gate_says_what_was_set(void)
{
	const struct gate *g;

	begin();
	g = gate("bucket");
	assert(ipc_id_equal(&g->owner, &f.tenant) && !g->policy && !g->is_public);
	assert(g->blocks == (1u << S3_BLOCK_COUNT) - 1);
	gate_put(g);
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	set("bucket", STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK, NULL);
	g = gate("bucket");
	assert(g->policy && g->is_public && !g->blocks && !g->is_damaged);
	assert(span_equal(g->owner_id, SPAN("0123")) && span_equal(g->owner_name, SPAN("Me")));
	gate_put(g);
	assert(gates_find(gates, SPAN("nobodys"), &g) == S3_ERROR_NO_SUCH_BUCKET);
	end();
}

static void test_one_is_kept_until_something_changes(void)
{
	const struct gate *first, *second;

	begin();
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	first = gate("bucket");
	second = gate("bucket");
	assert(first == second);
	gate_put(second);
	set("bucket", STORE_CONFIGURATION_POLICY, NULL);
	second = gate("bucket");
	assert(second != first && !second->policy);
	/* What was given out is as it was. */
	assert(first->policy && first->is_public);
	gate_put(first);
	gate_put(second);
	end();
}

static void test_t30_a_bucket_that_became_anothers_has_another_gate(void)
{
	struct ipc_id other = other_tenant();
	const struct gate *g;

	begin();
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	gate_put(gate("bucket"));
	assert(delete_bucket(&f, "bucket") == 0);
	assert(gates_find(gates, SPAN("bucket"), &g) == S3_ERROR_NO_SUCH_BUCKET);
	f.tenant = other;
	assert(create_bucket(&f, "bucket") == 0);
	g = gate("bucket");
	assert(ipc_id_equal(&g->owner, &other) && !g->policy);
	gate_put(g);
	end();
}

/* A glance never reads: what is not kept, or not up to date, is not there. */
static void test_a_glance_finds_what_is_kept_and_true(void)
{
	const struct gate *g, *glanced;

	begin();
	assert(!gates_peek(gates, SPAN("bucket")));
	g = gate("bucket");
	glanced = gates_peek(gates, SPAN("bucket"));
	assert(glanced == g && !gates_peek(gates, SPAN("nobodys")));
	assert(gates_confirm(gates, glanced));
	gate_put(glanced);
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	assert(!gates_peek(gates, SPAN("bucket")) && !gates_confirm(gates, g));
	gate_put(g);
	end();
}

/* Where nothing has changed yet: the stamps of all names are the same. */
static void test_what_was_never_kept_is_not_confirmed(void)
{
	const struct gate *g;

	fixture_begin(&f);
	fixture_close(&f);
	fixture_open(&f);
	assert(gates_new(f.store, 0, GATES_POLICIES_MAX, &gates) == 0);
	g = gate("bucket");
	assert(gates_count(gates) == 0 && !gates_confirm(gates, g));
	gate_put(g);
	end();
}

static void test_a_policy_that_takes_long_to_ask_is_not_brief(void)
{
	static char text[4 * KIB];
	char stars[KIB + 1] = { 0 };
	const struct gate *g;

	begin();
	g = gate("bucket");
	assert(g->is_brief);
	gate_put(g);
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	g = gate("bucket");
	assert(g->is_brief);
	gate_put(g);
	memset(stars, 'x', KIB);
	snprintf(text, sizeof(text),
		 "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\","
		 "\"Resource\":\"arn:aws:s3:::bucket/*%s\"}}",
		 stars);
	set("bucket", STORE_CONFIGURATION_POLICY, text);
	g = gate("bucket");
	assert(g->policy && !g->is_brief);
	gate_put(g);
	end();
}

static void test_what_cannot_be_read_lets_nobody_in(void)
{
	const struct gate *g;

	begin();
	set("bucket", STORE_CONFIGURATION_POLICY, "{\"Statement\":");
	g = gate("bucket");
	assert(g->is_damaged && !g->policy);
	gate_put(g);
	set("bucket", STORE_CONFIGURATION_POLICY, policy("\"*\""));
	set("bucket", STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK, "<PublicAccess");
	g = gate("bucket");
	assert(g->is_damaged && !g->policy);
	gate_put(g);
	end();
}

/* More than are kept: each is found all the same, and none is lost or freed twice. */
static void test_t40_what_is_kept_is_bounded(void)
{
	static char large[STORE_CONFIGURATION_MAX];
	const unsigned int count = 20;
	char name[32];

	fixture_begin(&f);
	assert(gates_new(f.store, 5, 64 * KIB, &gates) == 0);
	memset(large, ' ', sizeof(large) - 1);
	memcpy(large, policy("\"*\""), strlen(policy("\"*\"")));
	large[20 * KIB] = '\0';
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "bucket-%u", i);
		assert(create_bucket(&f, name) == 0);
		set(name, STORE_CONFIGURATION_POLICY, large);
	}
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < count; i++) {
			const struct gate *g;

			snprintf(name, sizeof(name), "bucket-%u", i);
			g = gate(name);
			assert(g->policy && g->is_public);
			gate_put(g);
			assert(gates_count(gates) <= 3);
		}
	assert(gates_count(gates) == 3);
	end();
}

/* Its text is short, and each of its values is a structure. */
static void test_t40_what_is_compiled_is_counted(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4 * KIB);
	char name[32];

	fixture_begin(&f);
	assert(gates_new(f.store, 5, 64 * KIB, &gates) == 0);
	buffer_append_string(&b,
			     "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":"
			     "\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
			     "{\"aws:Referer\":[\"\"");
	for (unsigned int i = 0; i < 400; i++)
		buffer_append_string(&b, ",\"\"");
	buffer_append_string(&b, "]}}}}");
	buffer_append_byte(&b, '\0');
	assert(!buffer_error(&b));
	for (unsigned int i = 0; i < 5; i++) {
		const struct gate *g;

		snprintf(name, sizeof(name), "bucket-%u", i);
		assert(create_bucket(&f, name) == 0);
		set(name, STORE_CONFIGURATION_POLICY, (const char *)b.data);
		g = gate(name);
		assert(g->policy);
		gate_put(g);
	}
	assert(gates_count(gates) < 3);
	end();
}

int main(void)
{
	RUN(test_a_gate_says_what_was_set);
	RUN(test_one_is_kept_until_something_changes);
	RUN(test_t30_a_bucket_that_became_anothers_has_another_gate);
	RUN(test_a_glance_finds_what_is_kept_and_true);
	RUN(test_what_was_never_kept_is_not_confirmed);
	RUN(test_a_policy_that_takes_long_to_ask_is_not_brief);
	RUN(test_what_cannot_be_read_lets_nobody_in);
	RUN(test_t40_what_is_kept_is_bounded);
	RUN(test_t40_what_is_compiled_is_counted);
	return 0;
}
