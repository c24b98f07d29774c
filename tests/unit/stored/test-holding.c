/* SPDX-License-Identifier: Apache-2.0 */

/* What is used, counted anew, and may be used, as operators ask and order it. */

#include "tests/unit/stored/operator-scene.h"

static struct ipc_message usage_of(struct span bucket)
{
	return (struct ipc_message){ .number = IPC_USAGE,
				     .usage = { .call = w.next_call++, .bucket = bucket } };
}

static struct ipc_message recount_of(struct span bucket)
{
	return (struct ipc_message){ .number = IPC_RECOUNT,
				     .recount = { .call = w.next_call++, .bucket = bucket } };
}

/* Of bytes alone. */
static struct ipc_message quota_of(struct span bucket, uint64_t bytes)
{
	return (struct ipc_message){
		.number = IPC_QUOTA,
		.quota = { .call = w.next_call++, .bucket = bucket, .set_bytes = 1, .bytes = bytes }
	};
}

static enum ipc_number say(struct worker *o, struct ipc_message m)
{
	world_send(&w, o, &m, -1);
	return world_hear(&w, o);
}

static void test_a_manager_is_told_what_is_used_and_what_may_be(void)
{
	struct ipc_message quota = quota_of(SPAN("bucket"), 10);
	struct answer a;
	struct worker o;

	begin();
	enter_to_manage(SPAN(""), &o);
	assert(say(&o, usage_of(SPAN("bucket"))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.uploads == 0 && a.upload_bytes == 0);
	assert(a.quota_bytes == ANSWER_ABSENT && a.quota_objects == ANSWER_ABSENT);
	quota.quota.set_objects = 1;
	quota.quota.objects = 7;
	assert(say(&o, quota) == IPC_DONE);
	assert(world_answer(&w).quota_bytes == 10 && world_answer(&w).quota_objects == 7);
	/* What is not set stays. */
	assert(say(&o, quota_of(SPAN("bucket"), QUOTA_NONE)) == IPC_DONE);
	a = world_answer(&w);
	assert(a.quota_bytes == ANSWER_ABSENT && a.quota_objects == 7 && a.bytes == 3);
	assert(say(&o, quota_of(SPAN(""), QUOTA_MAX)) == IPC_DONE);
	assert(say(&o, usage_of(SPAN(""))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.quota_bytes == QUOTA_MAX);
	assert(a.quota_objects == ANSWER_ABSENT);
	assert(say(&o, recount_of(SPAN("bucket"))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.wrong_objects == ANSWER_ABSENT);
	assert_error(say(&o, usage_of(SPAN("nobody"))), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, quota_of(SPAN("nobody"), 1)), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, recount_of(SPAN("nobody"))), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, usage_of(SPAN("No Name"))), S3_ERROR_INVALID_BUCKET_NAME);
	end(&o);
}

static void assert_quota_error(enum ipc_number got, const char *sentence)
{
	assert_error(got, S3_ERROR_QUOTA_EXCEEDED);
	assert(span_equal(w.heard.message.failed.detail, span_from_string(sentence)));
}

/* Small ones by the commit, large ones before a pipe is given out. */
static void test_what_a_quota_has_no_room_for_is_refused(void)
{
	const char *bucket = "The request would exceed the bucket's quota of bytes.",
		   *tenant = "The request would exceed the quota of bytes of the bucket's owner.";
	struct worker o;

	begin();
	enter_to_manage(SPAN(""), &o);
	assert(say(&o, quota_of(SPAN("bucket"), 10)) == IPC_DONE);
	assert_quota_error(world_put(&w, "PUT /bucket/new", NO_HEADERS, SPAN("12345678")), bucket);
	assert_quota_error(world_ask(&w, "PUT /bucket/new", HEADERS("Content-Length: 100000")),
			   bucket);
	assert(world_put(&w, "PUT /bucket/new", NO_HEADERS, SPAN("1234567")) == IPC_DONE);
	assert(say(&o, quota_of(SPAN("bucket"), 1000)) == IPC_DONE);
	assert(say(&o, quota_of(SPAN(""), 9)) == IPC_DONE);
	assert_quota_error(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("1234")), tenant);
	assert_quota_error(world_ask(&w, "PUT /bucket/old", HEADERS("Content-Length: 100000")),
			   bucket);
	/* And by who brings them as an operator. */
	close(o.fd);
	enter(OPERATOR_IMPORT, &o);
	assert_quota_error(put_inside(&o, "more", SPAN("1")), tenant);
	end(&o);
}

static void test_t21_figures_are_not_for_who_came_for_something_else(void)
{
	const struct ipc_message asked[] = { usage_of(SPAN("bucket")), recount_of(SPAN("bucket")),
					     quota_of(SPAN("bucket"), 1), usage_of(SPAN("")),
					     quota_of(SPAN(""), 1) };
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter(i % 2 ? OPERATOR_IMPORT : OPERATOR_EXPORT, &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

static void test_t21_who_manages_one_bucket_sets_no_quota_elsewhere(void)
{
	struct ipc_message asked[] = { usage_of(SPAN("second")), recount_of(SPAN("second")),
				       recount_of(SPAN("")),	 quota_of(SPAN("second"), 1),
				       quota_of(SPAN(""), 1),	 usage_of(SPAN("")) };
	struct worker o;

	begin();
	assert(world_command(&w, "PUT /second", NO_HEADERS, SPAN("")) == IPC_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter_to_manage(SPAN("bucket"), &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /second/new", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

static void test_t30_another_tenants_figures_are_not_seen(void)
{
	struct worker o;

	begin();
	w.tenant.bytes[0]++;
	enter_to_manage(SPAN(""), &o);
	w.tenant.bytes[0]--;
	assert_error(say(&o, usage_of(SPAN("bucket"))), S3_ERROR_ACCESS_DENIED);
	assert_error(say(&o, quota_of(SPAN("bucket"), 1)), S3_ERROR_ACCESS_DENIED);
	assert_error(say(&o, recount_of(SPAN("bucket"))), S3_ERROR_ACCESS_DENIED);
	assert(say(&o, usage_of(SPAN(""))) == IPC_DONE && world_answer(&w).objects == 0);
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	end(&o);
}

static void test_t72_a_quota_that_is_none_ends_the_channel(void)
{
	struct ipc_message asked[] = { quota_of(SPAN("bucket"), QUOTA_MAX + 1),
				       quota_of(SPAN("bucket"), QUOTA_NONE - 1),
				       quota_of(SPAN("bucket"), 1), quota_of(SPAN("bucket"), 1) };
	struct worker o;

	begin();
	asked[2].quota.set_bytes = 2;
	asked[3].quota.set_objects = 2;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter_to_manage(SPAN("bucket"), &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

int main(void)
{
	test_a_manager_is_told_what_is_used_and_what_may_be();
	test_what_a_quota_has_no_room_for_is_refused();
	test_t21_figures_are_not_for_who_came_for_something_else();
	test_t21_who_manages_one_bucket_sets_no_quota_elsewhere();
	test_t30_another_tenants_figures_are_not_seen();
	test_t72_a_quota_that_is_none_ends_the_channel();
	buffer_clear(&sealed);
	return 0;
}
