/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/suspensions.h"

#include <sodium.h>

#include "base/fd.h"
#include "tests/unit/stored/world.h"

static struct world w;

static const struct ipc_id owner = { { 7, 7, 7 } }, other = { { 9, 9 } };

/* --- the set --------------------------------------------------------------------------------- */

static struct ipc_id some[IPC_TENANTS_MAX + 1];

static struct span ids(size_t first, size_t n)
{
	return (struct span){ some + first, n * sizeof(some[0]) };
}

static void test_what_was_told_counts_when_all_was_told(void)
{
	struct suspensions s;

	suspensions_init(&s);
	assert(suspensions_hear(&s, ids(0, 2000)) == SUSPENSIONS_OK);
	assert(suspensions_hear(&s, ids(2000, 1000)) == SUSPENSIONS_OK);
	assert(!suspensions_have(&s, &some[0]));
	suspensions_settle(&s);
	for (size_t i = 0; i < 3000; i++)
		assert(suspensions_have(&s, &some[i]));
	assert(!suspensions_have(&s, &some[3000]));
	/* Others come in their place. */
	assert(suspensions_hear(&s, ids(3000, 1)) == SUSPENSIONS_OK);
	suspensions_settle(&s);
	assert(!suspensions_have(&s, &some[0]) && suspensions_have(&s, &some[3000]));
	suspensions_settle(&s);
	assert(!suspensions_have(&s, &some[3000]));
	suspensions_clear(&s);
}

static void test_what_was_not_told_to_the_end_is_forgotten(void)
{
	struct suspensions s;

	suspensions_init(&s);
	assert(suspensions_hear(&s, ids(0, 2)) == SUSPENSIONS_OK);
	suspensions_settle(&s);
	assert(suspensions_hear(&s, ids(5, 2)) == SUSPENSIONS_OK);
	suspensions_expect(&s);
	assert(suspensions_have(&s, &some[0]));
	assert(suspensions_hear(&s, ids(9, 1)) == SUSPENSIONS_OK);
	suspensions_settle(&s);
	assert(!suspensions_have(&s, &some[0]) && !suspensions_have(&s, &some[5]));
	assert(suspensions_have(&s, &some[9]));
	suspensions_clear(&s);
}

static void test_each_comes_and_goes(void)
{
	struct suspensions s;

	suspensions_init(&s);
	for (size_t i = 0; i < 100; i++)
		assert(suspensions_change(&s, &some[i], true) == SUSPENSIONS_OK);
	assert(suspensions_change(&s, &some[50], true) == SUSPENSIONS_OK);
	for (size_t i = 0; i < 100; i += 2)
		assert(suspensions_change(&s, &some[i], false) == SUSPENSIONS_OK);
	assert(suspensions_change(&s, &some[200], false) == SUSPENSIONS_OK);
	for (size_t i = 0; i < 100; i++) {
		assert(suspensions_have(&s, &some[i]) == (i % 2 == 1));
		assert(suspensions_have_on_loop(&s, &some[i]) == (i % 2 == 1));
	}
	suspensions_clear(&s);
}

static void test_t70_more_than_there_can_be_are_absurd(void)
{
	struct suspensions s;

	suspensions_init(&s);
	assert(suspensions_hear(&s, (struct span){ some, 17 }) == SUSPENSIONS_ABSURD);
	assert(suspensions_hear(&s, ids(0, IPC_TENANTS_MAX + 1)) == SUSPENSIONS_ABSURD);
	assert(suspensions_hear(&s, ids(0, IPC_TENANTS_MAX)) == SUSPENSIONS_OK);
	assert(suspensions_hear(&s, ids(0, 1)) == SUSPENSIONS_ABSURD);
	suspensions_settle(&s);
	assert(suspensions_change(&s, &some[IPC_TENANTS_MAX], true) == SUSPENSIONS_ABSURD);
	assert(suspensions_change(&s, &some[3], false) == SUSPENSIONS_OK);
	assert(suspensions_change(&s, &some[IPC_TENANTS_MAX], true) == SUSPENSIONS_OK);
	assert(!suspensions_have(&s, &some[3]) && suspensions_have(&s, &some[IPC_TENANTS_MAX]));
	suspensions_clear(&s);
}

/* --- what others reach ------------------------------------------------------------------------ */

#define POLICY                                                                                     \
	SPAN("{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"                        \
	     "\"09090000000000000000000000000000\"},\"Action\":\"s3:*\",\"Resource\":"              \
	     "[\"arn:aws:s3:::shared\",\"arn:aws:s3:::shared/*\"]}}")

static void share(void)
{
	assert(world_command(&w, "PUT /shared", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /shared/key", NO_HEADERS, SPAN("body")) == IPC_DONE);
	assert(world_command(&w, "PUT /shared?policy", NO_HEADERS, POLICY) == IPC_DONE);
	w.tenant = other;
	assert(world_command(&w, "PUT /theirs", NO_HEADERS, SPAN("")) == IPC_DONE);
	w.tenant = owner;
}

static bool is_denied(enum ipc_number answer)
{
	return answer == IPC_FAILED && world_error(&w) == S3_ERROR_ACCESS_DENIED;
}

#define KEYS SPAN("<Delete><Object><Key>new</Key></Object></Delete>")

/* Asks as the other tenant, of the shared bucket. */
static bool others_are_kept_out(void)
{
	static const char *const md5[] = { "Content-MD5: xZmzr//X6Lztv69pohhbPg==", NULL };
	static const char *const source[] = { "x-amz-copy-source: /shared/key", NULL };
	bool get, list, copy, put, delete;

	w.tenant = other;
	get = is_denied(world_ask(&w, "GET /shared/key", NO_HEADERS));
	list = is_denied(world_ask(&w, "GET /shared", NO_HEADERS));
	put = is_denied(world_put(&w, "PUT /shared/new", NO_HEADERS, SPAN("new")));
	copy = is_denied(world_ask(&w, "PUT /theirs/copy", source));
	delete = is_denied(world_command(&w, "POST /shared?delete", md5, KEYS));
	w.tenant = owner;
	assert(get == list && get == copy && get == put && get == delete);
	return get;
}

static void test_others_are_kept_out_while_the_owner_is_suspended(void)
{
	assert(!others_are_kept_out());
	world_suspend(&w, &owner, true);
	assert(others_are_kept_out());
	/* Who it is about authd has refused; what was let in before may be read, and nothing be changed. */
	assert(world_ask(&w, "GET /shared/key", NO_HEADERS) == IPC_OBJECT);
	assert(is_denied(world_put(&w, "PUT /shared/key", NO_HEADERS, SPAN("else"))));
	assert(is_denied(world_ask(&w, "DELETE /shared/key", NO_HEADERS)));
	assert(is_denied(world_command(&w, "PUT /another", NO_HEADERS, SPAN(""))));
	assert(world_ask(&w, "GET /shared/key", NO_HEADERS) == IPC_OBJECT);
	world_suspend(&w, &owner, false);
	assert(!others_are_kept_out());
}

static void new_authd(struct span suspended)
{
	w.suspended = suspended;
	world_new_epoch(&w);
	fd_close(w.worker.fd);
	world_enter(&w, &w.worker);
}

static void test_t80_a_new_authd_says_who_is_suspended(void)
{
	some[4000] = owner;
	new_authd(ids(0, 5000));
	assert(others_are_kept_out());
	new_authd(ids(0, 4000));
	assert(!others_are_kept_out());
	new_authd((struct span){ &owner, sizeof(owner) });
	assert(others_are_kept_out());
	new_authd(SPAN(""));
	assert(!others_are_kept_out());
}

int main(void)
{
	assert(sodium_init() >= 0);
	randombytes_buf(some, sizeof(some));
	test_what_was_told_counts_when_all_was_told();
	test_what_was_not_told_to_the_end_is_forgotten();
	test_each_comes_and_goes();
	test_t70_more_than_there_can_be_are_absurd();
	world_begin(&w);
	share();
	test_others_are_kept_out_while_the_owner_is_suspended();
	test_t80_a_new_authd_says_who_is_suspended();
	world_end(&w);
	return 0;
}
