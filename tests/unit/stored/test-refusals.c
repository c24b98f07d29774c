/* SPDX-License-Identifier: Apache-2.0 */

/* What stored refuses, and what authd hears of it for its audit log. */

#include "base/fd.h"
#include "stored/authority.h"
#include "tests/unit/stored/world.h"

static struct world w;

static const struct ipc_id owner = { { 7, 7, 7 } }, other = { { 9, 9 } };

static bool was_refused(enum s3_operation operation, const char *bucket)
{
	return w.refused.operation == operation && w.refused.request_id == 42 &&
	       span_equal(w.refused.bucket, span_from_string(bucket)) &&
	       span_equal(w.refused.credential, SPAN("AKTEST")) &&
	       span_equal(w.refused.peer, SPAN("127.0.0.1"));
}

static void test_who_has_nothing_to_do_with_a_bucket_is_told_of(void)
{
	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /bucket/key", NO_HEADERS, SPAN("body")) == IPC_DONE);
	w.tenant = other;
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
	world_hear_refusals(&w, 1);
	assert(was_refused(S3_GET_OBJECT, "bucket") && w.refused.error == S3_ERROR_ACCESS_DENIED);
	assert(w.refused.untold == 0);
	assert(w.service.figures.refusals[S3_ERROR_ACCESS_DENIED] == 1);
	w.tenant = owner;
}

/* Also that something is not there is no refusal. */
static void test_what_is_allowed_is_not_told_of(void)
{
	uint64_t order;

	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
	assert(world_ask(&w, "GET /bucket/missing", NO_HEADERS) == IPC_FAILED);
	assert(world_ask(&w, "GET /of-nobody/key", NO_HEADERS) == IPC_FAILED);
	world_provide(&w, 1, &owner, SPAN("bucket"));
	assert(world_provided(&w, &order) == S3_ERROR_NONE);
	assert(w.n_refused == 1);
}

static void test_bounds_of_a_credential_are_told_of(void)
{
	w.prefix = SPAN("own/");
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
	w.prefix = SPAN_NONE;
	world_hear_refusals(&w, 2);
	/* That was before it was looked whose bucket it is. */
	assert(was_refused(S3_GET_OBJECT, ""));
}

#define KEYS                                                                                       \
	SPAN("<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>")

static void test_a_delete_of_many_is_told_of_once(void)
{
	static const char *const md5[] = { "Content-MD5: gnFQWv8HmHVEQ7mTrck6JQ==", NULL };

	w.tenant = other;
	(void)!world_command(&w, "POST /bucket?delete", md5, KEYS);
	world_hear_refusals(&w, 3);
	assert(was_refused(S3_DELETE_OBJECTS, "bucket"));
	assert(w.service.figures.refusals[S3_ERROR_ACCESS_DENIED] == 3);
	w.tenant = owner;
}

/* That authd once let it in does not keep it out of the log. */
static void test_a_change_of_who_is_suspended_by_now_is_told_of(void)
{
	world_suspend(&w, &owner, true);
	assert(world_ask(&w, "DELETE /bucket/key", NO_HEADERS) == IPC_FAILED);
	world_hear_refusals(&w, 4);
	assert(was_refused(S3_DELETE_OBJECT, "bucket") && w.refused.error == S3_ERROR_ACCESS_DENIED);
	world_suspend(&w, &owner, false);
}

static void test_what_nobody_heard_is_counted_and_told_with_the_next(void)
{
	w.tenant = other;
	w.authd_fd = fd_close(w.authd_fd);
	while (w.service.authority.state == AUTHORITY_READY)
		assert(service_step(&w.service, 1) >= 0);
	for (int i = 0; i < 3; i++)
		assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
	world_new_epoch(&w);
	fd_close(w.worker.fd);
	world_enter(&w, &w.worker);
	for (size_t i = 0; i < 2; i++) {
		assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
		world_hear_refusals(&w, 5 + i);
		assert(w.refused.untold == (i ? 0 : 3));
	}
	assert(w.service.figures.refusals[S3_ERROR_ACCESS_DENIED] == 9);
	w.tenant = owner;
}

/* A flood of refusals must not end the line that all uploads need. */
static void test_t41_refusals_leave_room_on_the_line(void)
{
	struct grant g = { .principal = PRINCIPAL_ANONYMOUS, .peer = SPAN("192.0.2.1"),
			   .identity.source = SPAN("198.51.100.1") };
	struct authority *a = &w.service.authority;

	for (int i = 0; i < 200000; i++)
		authority_refused(a, &g, S3_ERROR_ACCESS_DENIED, SPAN(""));
	assert(a->untold > 0 && a->state == AUTHORITY_READY);
	world_hear_refusals(&w, 7);
	assert(span_equal(w.refused.peer, SPAN("198.51.100.1")));
}

int main(void)
{
	world_begin(&w);
	test_who_has_nothing_to_do_with_a_bucket_is_told_of();
	test_what_is_allowed_is_not_told_of();
	test_bounds_of_a_credential_are_told_of();
	test_a_delete_of_many_is_told_of_once();
	test_a_change_of_who_is_suspended_by_now_is_told_of();
	test_what_nobody_heard_is_counted_and_told_with_the_next();
	test_t41_refusals_leave_room_on_the_line();
	world_end(&w);
	return 0;
}
