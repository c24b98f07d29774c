/* SPDX-License-Identifier: Apache-2.0 */

/* Small bodies that the loop hashes itself: whose, and how many. */

#include "tests/unit/stored/session-scene.h"

/* Sends it and does not wait for the answer. */
static void send_body(const char *request, const char *const *headers, struct span body)
{
	char length[64];
	const char *all[4] = { length };

	snprintf(length, sizeof(length), "Content-Length: %zu", body.len);
	for (size_t i = 0; headers[i]; i++)
		all[i + 1] = headers[i];
	world_grant(&w, request, all);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .has_body = true,
						    .body = body } },
		   -1);
}

/* How many bytes one step of the loop has hashed, as it counts them. */
static size_t hashed_here(void)
{
	assert(service_step(&w.service, 5) >= 0);
	return SERVICE_HASH_MAX - w.service.hash_credit;
}

/* Whose the bucket is, and whether he may, is in memory from the first one on. */
static void begin_known(void)
{
	begin();
	send_body("PUT /bucket/k", NO_HEADERS, SPAN("first"));
	assert(hashed_here() == 0);
	assert_done(world_hear(&w, &w.worker));
}

static void assert_kept(struct span body)
{
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(body);
}

static void test_a_small_body_is_hashed_at_once(void)
{
	begin_known();
	send_body("PUT /bucket/k", NO_HEADERS, SPAN("second"));
	assert(hashed_here() == SERVICE_HASH_LEAST);
	assert_done(world_hear(&w, &w.worker));
	assert_kept(SPAN("second"));
	end();
}

static void test_what_it_is_held_against_is_the_same(void)
{
	begin_known();
	send_body("PUT /bucket/k", HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="), SPAN("x"));
	assert(hashed_here() == SERVICE_HASH_LEAST);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_BAD_DIGEST);
	send_body("PUT /bucket/k", HEADERS("If-None-Match: *"), SPAN("x"));
	assert(hashed_here() == SERVICE_HASH_LEAST);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_PRECONDITION_FAILED);
	assert_kept(SPAN("first"));
	end();
}

/* So many at once as one step does not hash. */
static void assert_a_step_hashes_some(struct span body, int n)
{
	begin_known();
	for (int i = 0; i < n; i++)
		send_body("PUT /bucket/k", NO_HEADERS, body);
	assert(hashed_here() == SERVICE_HASH_MAX);
	for (int i = 0; i < n; i++)
		assert_done(world_hear(&w, &w.worker));
	assert_kept(body);
	end();
}

static void test_t57_a_step_hashes_so_much_and_the_readers_the_rest(void)
{
	assert_a_step_hashes_some(make_bytes(WORLD_INLINE_LIMIT), 5);
	assert_a_step_hashes_some(SPAN(""), SERVICE_HASH_MAX / SERVICE_HASH_LEAST + 2);
}

static void test_t30_who_is_refused_is_refused_by_a_reader(void)
{
	begin_known();
	w.prefix = SPAN("other/");
	send_body("PUT /bucket/k", NO_HEADERS, SPAN("x"));
	assert(hashed_here() == 0);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_ACCESS_DENIED);
	w.prefix = SPAN_NONE;
	w.tenant.bytes[0]++;
	send_body("PUT /bucket/k", NO_HEADERS, SPAN("x"));
	assert(hashed_here() == 0);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_ACCESS_DENIED);
	w.tenant.bytes[0]--;
	assert_kept(SPAN("first"));
	end();
}

static void test_a_suspended_tenant_changes_nothing(void)
{
	begin_known();
	world_suspend(&w, &w.tenant, true);
	send_body("PUT /bucket/k", NO_HEADERS, SPAN("x"));
	assert(hashed_here() == SERVICE_HASH_LEAST);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_ACCESS_DENIED);
	world_suspend(&w, &w.tenant, false);
	assert_kept(SPAN("first"));
	end();
}

int main(void)
{
	test_a_small_body_is_hashed_at_once();
	test_what_it_is_held_against_is_the_same();
	test_t57_a_step_hashes_so_much_and_the_readers_the_rest();
	test_t30_who_is_refused_is_refused_by_a_reader();
	test_a_suspended_tenant_changes_nothing();
	return 0;
}
