/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/erasure.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/stored/world.h"

#define BODY_LEN (100 * KIB)

static struct world w;
static uint8_t body[BODY_LEN];

static const struct ipc_id another = { { 9, 9 } };

static enum s3_error erase(const struct ipc_id *tenant, enum erase_mode mode)
{
	static uint64_t last = 100;
	enum s3_error error;
	uint64_t order;

	world_erase(&w, ++last, tenant, (uint8_t)mode);
	error = world_erased(&w, &order);
	assert(order == last);
	return error;
}

static bool has_directory(const struct ipc_id *tenant)
{
	char path[256];
	size_t len = (size_t)snprintf(path, sizeof(path), "%s/data/tenants/", w.dir);

	for (size_t i = 0; i < sizeof(tenant->bytes); i++)
		len += (size_t)sprintf(path + len, "%02x", tenant->bytes[i]);
	return access(path, F_OK) == 0;
}

static void make_tenants_data(void)
{
	assert(world_command(&w, "PUT /mine", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /mine/small", NO_HEADERS, SPAN("small")) == IPC_DONE);
	assert(world_put(&w, "PUT /mine/large", NO_HEADERS, (struct span){ body, sizeof(body) }) ==
	       IPC_DONE);
	assert(has_directory(&w.tenant));
}

static void test_a_tenant_with_a_bucket_is_kept_unless_all_is_to_go(void)
{
	make_tenants_data();
	assert(erase(&w.tenant, ERASE_ASK) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(erase(&w.tenant, ERASE_EMPTY) == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(world_ask(&w, "HEAD /mine/large", NO_HEADERS) == IPC_OBJECT);
}

static void test_a_tenant_that_has_nothing_is_erased_at_once(void)
{
	assert(erase(&another, ERASE_ASK) == S3_ERROR_NONE);
	assert(erase(&another, ERASE_EMPTY) == S3_ERROR_NONE);
	assert(erase(&another, ERASE_ALL) == S3_ERROR_NONE);
}

/* A grant that was given before it went still opens, and finds nothing; so does an upload. */
static void test_what_was_granted_before_does_nothing_afterwards(void)
{
	uint64_t call;
	int pipe_fd =
		world_open_pipe(&w, "PUT /mine/another", HEADERS("Content-Length: 102400"), &call);

	assert(erase(&w.tenant, ERASE_ALL) == S3_ERROR_NONE);
	assert(!has_directory(&w.tenant));
	world_write(&w, pipe_fd, (struct span){ body, sizeof(body) });
	fd_close(pipe_fd);
	world_commit(&w, call, sizeof(body), SPAN(""), SPAN(""));
	assert(world_hear(&w, &w.worker) == IPC_FAILED);
	assert(world_ask(&w, "HEAD /mine/large", NO_HEADERS) == IPC_FAILED);
	assert(world_error(&w) == S3_ERROR_NO_SUCH_BUCKET);
	assert(world_command(&w, "PUT /mine", NO_HEADERS, SPAN("")) == IPC_FAILED);
	assert(world_put(&w, "PUT /mine/small", NO_HEADERS, SPAN("again")) == IPC_FAILED);
	assert(!has_directory(&w.tenant));
	assert(erase(&w.tenant, ERASE_ALL) == S3_ERROR_NONE);
}

static void test_its_buckets_names_are_free(void)
{
	uint64_t order;

	world_provide(&w, 7, &another, SPAN("mine"));
	assert(world_provided(&w, &order) == S3_ERROR_NONE && order == 7);
	world_provide(&w, 8, &w.tenant, SPAN("elsewhere"));
	assert(world_provided(&w, &order) == S3_ERROR_ACCESS_DENIED && order == 8);
}

static void test_orders_beyond_the_limit_are_told_to_come_later(void)
{
	size_t n_slow = 0;
	uint64_t order;

	for (uint64_t i = 0; i < 2 * IPC_ERRANDS_MAX; i++)
		assert(erasure_begin(&w.service, i, &another, ERASE_ASK) == 0);
	for (size_t i = 0; i < 2 * IPC_ERRANDS_MAX; i++)
		n_slow += world_erased(&w, &order) == S3_ERROR_SLOW_DOWN;
	assert(n_slow == IPC_ERRANDS_MAX && w.service.n_erasures == 0);
}

/* The one that asked is gone; its number may be another's order now. */
static void test_an_authd_is_not_told_of_anothers_order(void)
{
	struct pollfd p;

	assert(erasure_begin(&w.service, 1, &another, ERASE_ALL) == 0);
	world_new_epoch(&w);
	fd_close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert(world_is_silent(&w, &w.worker));
	p = (struct pollfd){ .fd = w.authd_fd, .events = POLLIN };
	assert(w.service.n_erasures == 0 && poll(&p, 1, 0) == 0);
}

/* authd does not say such a thing: who does is not believed any further. */
static void test_t70_a_mode_that_there_is_not_ends_the_channel(void)
{
	static const struct ipc_id third = { { 8 } };
	uint64_t order;

	world_provide(&w, 9, &third, SPAN("theirs"));
	assert(world_provided(&w, &order) == S3_ERROR_NONE);
	world_erase(&w, 1, &third, ERASE_MODE_COUNT);
	world_new_epoch(&w);
	fd_close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert(erase(&third, ERASE_ASK) == S3_ERROR_BUCKET_NOT_EMPTY);
}

int main(void)
{
	memset(body, 'b', sizeof(body));
	world_begin(&w);
	test_a_tenant_with_a_bucket_is_kept_unless_all_is_to_go();
	test_a_tenant_that_has_nothing_is_erased_at_once();
	test_what_was_granted_before_does_nothing_afterwards();
	/* In this process it stays gone, so from here on as it were new. */
	world_end(&w);
	world_begin(&w);
	make_tenants_data();
	assert(erase(&w.tenant, ERASE_ALL) == S3_ERROR_NONE);
	test_its_buckets_names_are_free();
	test_orders_beyond_the_limit_are_told_to_come_later();
	test_an_authd_is_not_told_of_anothers_order();
	test_t70_a_mode_that_there_is_not_ends_the_channel();
	world_end(&w);
	return 0;
}
