/* SPDX-License-Identifier: Apache-2.0 */

/* What the loop answers from memory, to whom, and that it is what the catalog would say. */

#include <semaphore.h>

#include "stored/engine/engine.h"
#include "tests/unit/stored/world.h"

static struct world w;

static const struct ipc_id owner = { { 7, 7, 7 } }, other = { { 9, 9 } };

#define POLICY(more)                                                                               \
	SPAN("{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"                        \
	     "\"09090000000000000000000000000000\"},\"Action\":\"s3:GetObject\",\"Resource\":"     \
	     "\"arn:aws:s3:::bucket/" more "\"}}")

static uint64_t reads(void)
{
	return meter_read(&w.store->meters.reads);
}

static uint64_t looks(void)
{
	struct recall_figures f = recall_figures(w.service.recall);

	return f.hits + f.misses;
}

static void begin(void)
{
	world_begin(&w);
	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /bucket/key", NO_HEADERS, SPAN("0123456789")) == IPC_DONE);
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
	/* With the first one the gate was not known yet. */
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
}

static void end(void)
{
	world_end(&w);
}

static bool says(const char *body)
{
	return span_equal(w.heard.message.object.body, span_from_string(body));
}

/* Whether it was answered without the catalog. */
static bool is_recalled(const char *request, const char *const *headers, enum ipc_number answer)
{
	uint64_t before = reads();

	assert(world_ask(&w, request, headers) == answer);
	return reads() == before;
}

#define RECALLED(request, answer) is_recalled(request, NO_HEADERS, answer)

static enum s3_error refusal_of(const char *request, const char *const *headers)
{
	uint64_t before = looks();

	assert(world_ask(&w, request, headers) == IPC_FAILED);
	assert(looks() == before);
	return world_error(&w);
}

/* --- what is answered ------------------------------------------------------------------------ */

static void test_what_was_read_is_answered_from_memory(void)
{
	begin();
	assert(RECALLED("GET /bucket/key", IPC_OBJECT) && says("0123456789"));
	assert(RECALLED("HEAD /bucket/key", IPC_OBJECT) && world_answer(&w).size == 10);
	assert(is_recalled("GET /bucket/key", HEADERS("Range: bytes=2-4"), IPC_OBJECT));
	assert(says("234") && world_answer(&w).range_start == 2);
	assert(is_recalled("GET /bucket/key", HEADERS("If-None-Match: *"), IPC_FAILED));
	assert(world_error(&w) == S3_ERROR_NOT_MODIFIED);
	assert(is_recalled("GET /bucket/key", HEADERS("If-Match: \"0\""), IPC_FAILED));
	assert(world_error(&w) == S3_ERROR_PRECONDITION_FAILED);
	assert(is_recalled("GET /bucket/key", HEADERS("Range: bytes=10-"), IPC_FAILED));
	assert(world_error(&w) == S3_ERROR_INVALID_RANGE);
	end();
}

static void test_a_head_is_remembered_of_large_objects_too(void)
{
	static uint8_t body[WORLD_INLINE_LIMIT + 1];

	begin();
	assert(world_put(&w, "PUT /bucket/large", NO_HEADERS,
			 (struct span){ body, sizeof(body) }) == IPC_DONE);
	assert(!RECALLED("HEAD /bucket/large", IPC_OBJECT));
	assert(RECALLED("HEAD /bucket/large", IPC_OBJECT));
	assert(world_answer(&w).size == sizeof(body));
	assert(!RECALLED("GET /bucket/large", IPC_OBJECT));
	for (uint64_t left = sizeof(body); left; left -= w.heard.message.extent.length)
		assert(world_hear(&w, &w.worker) == IPC_EXTENT);
	assert(!RECALLED("GET /bucket/large", IPC_OBJECT));
	for (uint64_t left = sizeof(body); left; left -= w.heard.message.extent.length)
		assert(world_hear(&w, &w.worker) == IPC_EXTENT);
	end();
}

static void test_what_has_changed_is_looked_up_again(void)
{
	begin();
	assert(world_put(&w, "PUT /bucket/key", NO_HEADERS, SPAN("new")) == IPC_DONE);
	assert(!RECALLED("GET /bucket/key", IPC_OBJECT) && says("new"));
	assert(RECALLED("GET /bucket/key", IPC_OBJECT) && says("new"));
	assert(world_ask(&w, "DELETE /bucket/key", NO_HEADERS) == IPC_DONE);
	assert(!RECALLED("GET /bucket/key", IPC_FAILED));
	assert(world_error(&w) == S3_ERROR_NO_SUCH_KEY);
	assert(!RECALLED("GET /bucket/key", IPC_FAILED));
	end();
}

static void test_who_names_a_version_or_a_part_reads_the_catalog(void)
{
	begin();
	assert(!RECALLED("GET /bucket/key?versionId=null", IPC_OBJECT) && says("0123456789"));
	assert(!RECALLED("GET /bucket/key?partNumber=1", IPC_OBJECT) && says("0123456789"));
	assert(RECALLED("GET /bucket/key", IPC_OBJECT));
	end();
}

/* --- to whom --------------------------------------------------------------------------------- */

static void test_t20_who_may_not_have_it_is_refused_and_nothing_looked_for(void)
{
	begin();
	w.tenant = other;
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	assert(refusal_of("HEAD /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	assert(refusal_of("GET /bucket/missing", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	w.tenant = owner;
	w.prefix = SPAN("own/");
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	w.prefix = SPAN_NONE;
	assert(refusal_of("GET /bucket/key", HEADERS("x-amz-expected-bucket-owner: 1")) ==
	       S3_ERROR_ACCESS_DENIED);
	/* Each of them is told to authd, once. */
	world_hear_refusals(&w, 5);
	end();
}

static void test_who_is_let_in_by_a_policy_gets_it_while_that_holds(void)
{
	begin();
	assert(world_command(&w, "PUT /bucket?policy", NO_HEADERS, POLICY("key")) == IPC_DONE);
	w.tenant = other;
	assert(!RECALLED("GET /bucket/key", IPC_OBJECT) && RECALLED("GET /bucket/key", IPC_OBJECT));
	assert(says("0123456789"));
	w.tenant = owner;
	assert(world_command(&w, "PUT /bucket?policy", NO_HEADERS, POLICY("else")) == IPC_DONE);
	w.tenant = other;
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	w.tenant = owner;
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
	assert(RECALLED("GET /bucket/key", IPC_OBJECT));
	w.tenant = other;
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	end();
}

/* Where all readers stand for as long as it is locked. */
static pthread_mutex_t barrier = PTHREAD_MUTEX_INITIALIZER;
static sem_t standing, told;

static void stand(struct task *t)
{
	sem_post(&standing);
	pthread_mutex_lock(&barrier);
	pthread_mutex_unlock(&barrier);
}

static struct task bystanders[SERVICE_READERS];

static void hold_readers(void)
{
	assert(sem_init(&standing, 0, 0) == 0 && sem_init(&told, 0, 0) == 0);
	pthread_mutex_lock(&barrier);
	for (size_t i = 0; i < SERVICE_READERS; i++) {
		bystanders[i].run = stand;
		assert(pool_submit(w.service.readers, &bystanders[i], &owner, TASK_LONG) ==
		       POOL_TAKEN);
	}
	for (size_t i = 0; i < SERVICE_READERS; i++)
		assert(sem_wait(&standing) == 0);
}

/* Sends it, and has the loop take it to where it waits for a reader. */
static void leave_waiting(const char *request)
{
	world_grant(&w, request, NO_HEADERS);
	world_send(&w, &w.worker,
		   &(struct ipc_message){
			   .number = IPC_CALL,
			   .call = { .call = w.next_call++, .grant = buffer_span(&w.sealed) } },
		   -1);
	while (!pool_waiting(w.service.readers))
		assert(service_step(&w.service, 5) >= 0);
}

static void tell(struct change *c)
{
	sem_post(&told);
}

/* Without a reader, as one whom the disk does not keep would have it done. */
static void take_policy_away(void)
{
	_cleanup_(change_freep) struct change *c = NULL;

	assert(change_new(CHANGE_SET_CONFIGURATION, &owner, SPAN("bucket"), SPAN_NONE, &c) == 0);
	c->set_configuration.kind = STORE_CONFIGURATION_POLICY;
	c->done = tell;
	assert(store_submit(w.store, c) == 0 && sem_wait(&told) == 0 && c->result == 0);
}

/* What was put behind that is not his, however long ago the loop has let him in. */
static void test_t20_who_was_let_in_and_then_shut_out_before_his_turn_gets_nothing(void)
{
	begin();
	assert(world_put(&w, "PUT /bucket/late", NO_HEADERS, SPAN("secret")) == IPC_DONE);
	assert(world_command(&w, "PUT /bucket?policy", NO_HEADERS, POLICY("*")) == IPC_DONE);
	w.tenant = other;
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
	hold_readers();
	leave_waiting("GET /bucket/late");
	take_policy_away();
	pthread_mutex_unlock(&barrier);
	assert(world_hear(&w, &w.worker) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_ACCESS_DENIED);
	world_hear_refusals(&w, 1);
	end();
}

static void test_others_get_nothing_of_a_tenant_that_was_suspended_before_their_turn(void)
{
	begin();
	assert(world_put(&w, "PUT /bucket/late", NO_HEADERS, SPAN("secret")) == IPC_DONE);
	assert(world_command(&w, "PUT /bucket?policy", NO_HEADERS, POLICY("*")) == IPC_DONE);
	w.tenant = other;
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_OBJECT);
	hold_readers();
	leave_waiting("GET /bucket/late");
	world_suspend(&w, &owner, true);
	pthread_mutex_unlock(&barrier);
	assert(world_hear(&w, &w.worker) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_ACCESS_DENIED);
	end();
}

static void test_others_get_nothing_of_a_suspended_tenant(void)
{
	begin();
	assert(world_command(&w, "PUT /bucket?policy", NO_HEADERS, POLICY("*")) == IPC_DONE);
	w.tenant = other;
	assert(!RECALLED("GET /bucket/key", IPC_OBJECT) && RECALLED("GET /bucket/key", IPC_OBJECT));
	world_suspend(&w, &owner, true);
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	world_suspend(&w, &owner, false);
	assert(RECALLED("GET /bucket/key", IPC_OBJECT));
	end();
}

static void test_t30_nothing_is_left_of_a_bucket_that_became_anothers(void)
{
	begin();
	assert(RECALLED("GET /bucket/key", IPC_OBJECT));
	assert(world_ask(&w, "DELETE /bucket/key", NO_HEADERS) == IPC_DONE);
	assert(world_ask(&w, "DELETE /bucket", NO_HEADERS) == IPC_DONE);
	w.tenant = other;
	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_NO_SUCH_KEY);
	assert(world_put(&w, "PUT /bucket/key", NO_HEADERS, SPAN("theirs")) == IPC_DONE);
	assert(!RECALLED("GET /bucket/key", IPC_OBJECT) && RECALLED("GET /bucket/key", IPC_OBJECT));
	assert(says("theirs"));
	w.tenant = owner;
	assert(refusal_of("GET /bucket/key", NO_HEADERS) == S3_ERROR_ACCESS_DENIED);
	end();
}

static void test_an_erased_tenant_has_nothing(void)
{
	uint64_t order;

	begin();
	world_erase(&w, 1, &owner, ERASE_ALL);
	assert(world_erased(&w, &order) == S3_ERROR_NONE);
	assert(world_ask(&w, "GET /bucket/key", NO_HEADERS) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_NO_SUCH_BUCKET);
	end();
}

int main(void)
{
	test_what_was_read_is_answered_from_memory();
	test_a_head_is_remembered_of_large_objects_too();
	test_what_has_changed_is_looked_up_again();
	test_who_names_a_version_or_a_part_reads_the_catalog();
	test_t20_who_may_not_have_it_is_refused_and_nothing_looked_for();
	test_who_is_let_in_by_a_policy_gets_it_while_that_holds();
	test_t20_who_was_let_in_and_then_shut_out_before_his_turn_gets_nothing();
	test_others_get_nothing_of_a_tenant_that_was_suspended_before_their_turn();
	test_others_get_nothing_of_a_suspended_tenant();
	test_t30_nothing_is_left_of_a_bucket_that_became_anothers();
	test_an_erased_tenant_has_nothing();
	return 0;
}
