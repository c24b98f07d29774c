/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/provision.h"

#include <stdio.h>

#include "base/fd.h"
#include "tests/unit/stored/world.h"

static struct world w;

static const struct ipc_id another = { { 9, 9 } };

static enum s3_error provide(const struct ipc_id *tenant, struct span bucket)
{
	static uint64_t last = 100;
	enum s3_error error;
	uint64_t order;

	world_provide(&w, ++last, tenant, bucket);
	error = world_provided(&w, &order);
	assert(order == last);
	return error;
}

static void test_a_bucket_that_authd_orders_is_the_tenants(void)
{
	assert(provide(&w.tenant, SPAN("ordered")) == S3_ERROR_NONE);
	assert(world_ask(&w, "HEAD /ordered", NO_HEADERS) == IPC_DONE);
	assert(span_equal(world_answer(&w).region, SPAN("us-east-1")));
	assert(world_put(&w, "PUT /ordered/key", NO_HEADERS, SPAN("body")) == IPC_DONE);
}

static void test_a_bucket_that_the_tenant_has_stays_as_it_is(void)
{
	assert(provide(&w.tenant, SPAN("ordered")) == S3_ERROR_NONE);
	assert(world_ask(&w, "HEAD /ordered/key", NO_HEADERS) == IPC_OBJECT);
	assert(world_command(&w, "PUT /made-before", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(provide(&w.tenant, SPAN("made-before")) == S3_ERROR_NONE);
}

static void test_t30_another_tenants_bucket_is_not_given(void)
{
	assert(provide(&another, SPAN("ordered")) == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(provide(&another, SPAN("theirs")) == S3_ERROR_NONE);
	assert(provide(&w.tenant, SPAN("theirs")) == S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(world_ask(&w, "HEAD /theirs", NO_HEADERS) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_ACCESS_DENIED);
}

static void test_a_name_that_no_bucket_can_have_is_refused(void)
{
	static const char *const names[] = { "", "a", "Upper", "a/b", "..", "a..b", "192.168.0.1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(provide(&w.tenant, span_from_string(names[i])) ==
		       S3_ERROR_INVALID_BUCKET_NAME);
}

static void test_many_orders_at_once_are_answered_each(void)
{
	bool seen[IPC_ERRANDS_MAX] = { false };
	char name[32];
	uint64_t order;

	for (uint64_t i = 0; i < IPC_ERRANDS_MAX; i++) {
		snprintf(name, sizeof(name), "many-%d", (int)i / 2);
		world_provide(&w, i, &w.tenant, span_from_string(name));
	}
	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++) {
		assert(world_provided(&w, &order) == S3_ERROR_NONE);
		assert(order < IPC_ERRANDS_MAX && !seen[order]);
		seen[order] = true;
	}
	assert(w.service.n_provisions == 0);
}

/* All of them come before the first can be done: the loop has not turned. */
static void test_orders_beyond_the_limit_are_told_to_come_later(void)
{
	size_t n_slow = 0;
	uint64_t order;
	char name[32];

	for (uint64_t i = 0; i < 2 * IPC_ERRANDS_MAX; i++) {
		snprintf(name, sizeof(name), "flood-%d", (int)i);
		assert(provision_begin(&w.service, i, &w.tenant, span_from_string(name)) == 0);
	}
	for (size_t i = 0; i < 2 * IPC_ERRANDS_MAX; i++)
		n_slow += world_provided(&w, &order) == S3_ERROR_SLOW_DOWN;
	assert(n_slow == IPC_ERRANDS_MAX);
	assert(provide(&w.tenant, SPAN("after-the-flood")) == S3_ERROR_NONE);
}

/* The one that asked is gone; its number may be another's order now. */
static void test_an_authd_is_not_told_of_anothers_order(void)
{
	uint64_t old = w.seals.epoch, order;

	assert(provision_begin(&w.service, 1, &w.tenant, SPAN("of-the-old-epoch")) == 0);
	world_new_epoch(&w);
	authority_provided(&w.service.authority, old, 1, S3_ERROR_NONE);
	fd_close(w.worker.fd);
	world_enter(&w, &w.worker);
	world_provide(&w, 2, &w.tenant, SPAN("of-the-new-epoch"));
	assert(world_provided(&w, &order) == S3_ERROR_NONE && order == 2);
	assert(world_ask(&w, "HEAD /of-the-old-epoch", NO_HEADERS) == IPC_DONE);
}

int main(void)
{
	world_begin(&w);
	test_a_bucket_that_authd_orders_is_the_tenants();
	test_a_bucket_that_the_tenant_has_stays_as_it_is();
	test_t30_another_tenants_bucket_is_not_given();
	test_a_name_that_no_bucket_can_have_is_refused();
	test_many_orders_at_once_are_answered_each();
	test_orders_beyond_the_limit_are_told_to_come_later();
	test_an_authd_is_not_told_of_anothers_order();
	world_end(&w);
	return 0;
}
