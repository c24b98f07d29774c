/* SPDX-License-Identifier: Apache-2.0 */

/* What is known of which keys may have changed. */

#include <stdatomic.h>

#include "tests/unit/stored/engine/engine-fixture.h"

static struct commits commits;
static const struct ipc_id tenant = { { 1 } }, other = { { 2 } };

#define BUCKET SPAN("bucket")

static void begin(void)
{
	commits = (struct commits){ 0 };
	commits_init(&commits);
}

static struct store_mark mark(const struct ipc_id *of, const char *key)
{
	struct store_mark m;

	assert(commits_mark(&commits, of, BUCKET, span_from_string(key), &m));
	return m;
}

static bool can_mark(const struct ipc_id *of, const char *key)
{
	struct store_mark m;

	return commits_mark(&commits, of, BUCKET, span_from_string(key), &m);
}

/* A change of the tenant's to the key "key". */
static struct change *make(enum change_kind kind)
{
	struct change *c;

	assert(change_new(kind, &tenant, BUCKET, SPAN("key"), &c) == 0);
	return c;
}

static void happen(struct change *c)
{
	commits_begin(&commits, &c, 1);
	commits_end(&commits, &c, 1);
}

/* Keys share counters: of many hardly any are touched by a change of another. */
static size_t count_held(const struct store_mark *marks, size_t n)
{
	size_t held = 0;

	for (size_t i = 0; i < n; i++)
		held += commits_hold(&commits, &marks[i]);
	return held;
}

static void test_a_mark_holds_until_a_change_of_its_key_begins(void)
{
	_cleanup_(change_freep) struct change *c = make(CHANGE_PUT_OBJECT);
	struct store_mark m;

	begin();
	m = mark(&tenant, "key");
	assert(commits_hold(&commits, &m));
	commits_begin(&commits, &c, 1);
	assert(!commits_hold(&commits, &m));
	commits_end(&commits, &c, 1);
	assert(!commits_hold(&commits, &m));
	m = mark(&tenant, "key");
	assert(commits_hold(&commits, &m));
}

static void test_no_mark_is_good_while_a_change_is_under_way(void)
{
	_cleanup_(change_freep) struct change *c = make(CHANGE_PUT_OBJECT);
	uint64_t ended;

	begin();
	commits_begin(&commits, &c, 1);
	assert(!can_mark(&tenant, "key"));
	commits_begin(&commits, &c, 1);
	commits_end(&commits, &c, 1);
	assert(!can_mark(&tenant, "key"));
	ended = commits_ended(&commits);
	commits_end(&commits, &c, 1);
	assert(can_mark(&tenant, "key") && commits_ended(&commits) > ended);
}

static void test_other_keys_and_tenants_are_left_alone(void)
{
	_cleanup_(change_freep) struct change *c = make(CHANGE_PUT_OBJECT);
	struct store_mark marks[100];
	char key[16];

	begin();
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "key%d", i / 2);
		marks[i] = mark(i % 2 ? &tenant : &other, i ? key : "key");
	}
	happen(c);
	assert(count_held(marks, 100) > 95);
}

/* Of any kind that is not known to be about few keys. */
static void test_what_else_happens_is_about_all_of_the_tenant(void)
{
	static const enum change_kind kinds[] = {
		CHANGE_CREATE_BUCKET, CHANGE_DELETE_BUCKET, CHANGE_ERASE_TENANT,
		CHANGE_ADOPT,	      CHANGE_SET_QUOTA,	    CHANGE_SET_CONFIGURATION,
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(change_freep) struct change *c = make(kinds[i]);
		struct store_mark m, others[10];

		begin();
		m = mark(&tenant, "any");
		for (int k = 0; k < 10; k++)
			others[k] = mark(&other, (char[]){ (char)('a' + k), '\0' });
		happen(c);
		assert(!commits_hold(&commits, &m) && count_held(others, 10));
	}
}

static void test_what_touches_no_object_leaves_all_as_it_is(void)
{
	static const enum change_kind kinds[] = { CHANGE_FORGET_DEAD, CHANGE_RECOUNT };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(change_freep) struct change *c = make(kinds[i]);
		struct store_mark m;

		begin();
		m = mark(&tenant, "key");
		commits_begin(&commits, &c, 1);
		assert(commits_hold(&commits, &m) && can_mark(&tenant, "key"));
		commits_end(&commits, &c, 1);
		assert(commits_hold(&commits, &m) && commits_ended(&commits) == 1);
	}
}

static void test_all_of_a_tenant_can_be_said_of_no_change(void)
{
	struct store_mark m;

	begin();
	m = mark(&tenant, "any");
	commits_begin_all(&commits, &tenant);
	assert(!commits_hold(&commits, &m) && !can_mark(&tenant, "any"));
	commits_end_all(&commits, &tenant);
	assert(can_mark(&tenant, "any"));
}

static void test_each_key_of_many_that_are_deleted_counts(void)
{
	_cleanup_(change_freep) struct change *c = make(CHANGE_DELETE_OBJECTS);
	struct store_mark first, last, others[10];
	struct change_delete_item items[2] = { { .key = SPAN("first") }, { .key = SPAN("last") } };

	c->delete_objects = (struct change_delete_objects){ items, ARRAY_SIZE(items) };
	begin();
	first = mark(&tenant, "first");
	last = mark(&tenant, "last");
	for (int k = 0; k < 10; k++)
		others[k] = mark(&tenant, (char[]){ (char)('a' + k), '\0' });
	happen(c);
	assert(!commits_hold(&commits, &first) && !commits_hold(&commits, &last));
	assert(count_held(others, 10));
}

/* --- in the store ---------------------------------------------------------------------------- */

static struct fixture f;

static struct object *find_marked(const char *key, struct moment **moment)
{
	struct object *o = NULL;

	assert(store_find_object_in(f.store, moment, &f.tenant, BUCKET, span_from_string(key),
				    SPAN_NONE, STORE_WITH_DATA, &o) == 0);
	return o;
}

static struct object *find_one(const char *key)
{
	struct moment *moment = NULL;
	struct object *o = find_marked(key, &moment);

	moment_end(moment);
	return o;
}

#define ASSERT_CHANGES(key, what)                                                                  \
	do {                                                                                       \
		_cleanup_(object_freep) struct object *found = find_one(key);                      \
                                                                                                   \
		assert(store_is_current(f.store, found));                                          \
		assert((what) == 0);                                                               \
		assert(!store_is_current(f.store, found));                                         \
	} while (0)

static int put_multipart(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etag[1][ETAG_TEXT_MAX];
	struct change_made made;
	int r = create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id);

	if (r == 0)
		r = put_part(&f, "key", id, 1, SPAN("part"), etag[0]);
	return r ? r : complete(&f, "key", id, 1, (const uint16_t[]){ 1 }, etag, &made);
}

static int delete_all(void)
{
	return delete_object(&f, "key") || delete_object(&f, "from") || delete_bucket(&f, "bucket");
}

static void test_an_object_is_current_until_something_changes_it(void)
{
	int r;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("1")) == 0 && put(&f, "from", SPAN("2")) == 0);
	ASSERT_CHANGES("key", put(&f, "key", SPAN("3")));
	ASSERT_CHANGES("key", copy(&f, "from", "key"));
	ASSERT_CHANGES("key", put_multipart());
	ASSERT_CHANGES("key", put_blob(&f, "key", SPAN("4")));
	ASSERT_CHANGES("key", delete_object(&f, "key"));
	ASSERT_CHANGES("from", create_bucket(&f, "another"));
	ASSERT_CHANGES("from", delete_all());
	assert(create_bucket(&f, "bucket") == 0 && put(&f, "key", SPAN("5")) == 0);
	ASSERT_CHANGES("key", erase(&f, ERASE_ALL));
	assert(!find(&f, "key", 0, &r) && r == S3_ERROR_NO_SUCH_BUCKET);
	fixture_end(&f);
}

static void test_what_is_found_otherwise_is_never_current(void)
{
	struct object *o;
	int r;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("1")) == 0);
	o = find(&f, "key", STORE_WITH_DATA, &r);
	assert(r == 0 && !store_is_current(f.store, o));
	object_free(o);
	fixture_end(&f);
}

/* The second look-up is done in the transaction of the first, unless something was told in between.
 */
static void test_one_that_shares_a_transaction_is_current_if_nothing_came_between(void)
{
	_cleanup_(object_freep) struct object *first = NULL, *second = NULL, *third = NULL;
	struct moment *moment = NULL;

	fixture_begin(&f);
	assert(put(&f, "a", SPAN("1")) == 0 && put(&f, "b", SPAN("1")) == 0);
	first = find_marked("a", &moment);
	second = find_marked("b", &moment);
	assert(store_is_current(f.store, first) && store_is_current(f.store, second));
	assert(put(&f, "b", SPAN("2")) == 0);
	third = find_marked("b", &moment);
	assert(span_equal(third->body, SPAN("2")) && store_is_current(f.store, third));
	moment_end(moment);
	fixture_end(&f);
}

static struct object *before;
static atomic_uint n_steps;

/*
 * Just before the COMMIT, and just behind it, when others see the change already and nobody has
 * been told: nothing that was found before is current any more, and nothing that is found now is
 * yet.
 */
static void look_meanwhile(void *context, enum durable_step step)
{
	_cleanup_(object_freep) struct object *now = NULL;

	if (!before || (step != DURABLE_CATALOG_COMMIT && step != DURABLE_CATALOG_COMMITTED))
		return;
	assert(!store_is_current(f.store, before));
	now = find_one("key");
	assert(span_equal(now->body, step == DURABLE_CATALOG_COMMIT ? SPAN("1") : SPAN("2")));
	assert(!store_is_current(f.store, now));
	n_steps++;
}

static void test_nothing_is_current_while_a_commit_is_under_way(void)
{
	fixture_init(&f);
	f.config.hook.reached = look_meanwhile;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0 && put(&f, "key", SPAN("1")) == 0);
	before = find_one("key");
	assert(store_is_current(f.store, before));
	assert(put(&f, "key", SPAN("2")) == 0 && n_steps == 2);
	before = object_free(before);
	fixture_end(&f);
}

/* What failed has changed nothing. */
static void test_a_change_that_fails_leaves_it_current(void)
{
	_cleanup_(object_freep) struct object *o = NULL;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("1")) == 0);
	o = find_one("key");
	assert(put_if(&f, "key", SPAN("2"), NULL, "*") == S3_ERROR_PRECONDITION_FAILED);
	assert(store_is_current(f.store, o));
	fixture_end(&f);
}

/* Also where the last reference is another thread's, and the catalog is closed by then. */
static void test_an_object_without_blobs_holds_no_catalog(void)
{
	struct object *o, *again;

	fixture_begin(&f);
	assert(put(&f, "key", SPAN("1")) == 0);
	o = find_one("key");
	again = object_ref(o);
	assert(again == o && !object_free(o));
	fixture_close(&f);
	assert(span_equal(again->body, SPAN("1")));
	object_free(again);
	fixture_remove(&f);
}

int main(void)
{
	RUN(test_a_mark_holds_until_a_change_of_its_key_begins);
	RUN(test_no_mark_is_good_while_a_change_is_under_way);
	RUN(test_other_keys_and_tenants_are_left_alone);
	RUN(test_what_else_happens_is_about_all_of_the_tenant);
	RUN(test_what_touches_no_object_leaves_all_as_it_is);
	RUN(test_all_of_a_tenant_can_be_said_of_no_change);
	RUN(test_each_key_of_many_that_are_deleted_counts);
	RUN(test_an_object_is_current_until_something_changes_it);
	RUN(test_what_is_found_otherwise_is_never_current);
	RUN(test_one_that_shares_a_transaction_is_current_if_nothing_came_between);
	RUN(test_nothing_is_current_while_a_commit_is_under_way);
	RUN(test_a_change_that_fails_leaves_it_current);
	RUN(test_an_object_without_blobs_holds_no_catalog);
	return 0;
}
