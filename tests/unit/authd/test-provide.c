/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/provide.h"

#include <unistd.h>

#include "base/clock.h"
#include "office.h"

#undef NDEBUG
#include <assert.h>

static struct office office;
static int stored;

/* What somebody who waits has heard. */
struct ear {
	int n;
	enum s3_error error;
};

static void heard(void *owner, enum s3_error error)
{
	struct ear *e = owner;

	e->n++;
	e->error = error;
}

static const struct ipc_id tenant = { { 1, 2, 3 } };

static int provide(struct ear *e)
{
	*e = (struct ear){ 0 };
	return provide_bucket(&office.authd, &tenant, SPAN("bucket"), heard, e);
}

static uint64_t receive(void)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_PROVIDE);
	assert(ipc_id_equal(&m.provide.tenant, &tenant));
	assert(span_equal(m.provide.bucket, SPAN("bucket")));
	return m.provide.order;
}

static void answer(uint64_t order, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_PROVIDED,
				 .provided = { .order = order, .error = (uint16_t)error } };

	office_send(stored, &m);
	office_settle(&office);
}

static void connect_stored(void)
{
	struct ipc_hash key;
	uint64_t epoch;

	stored = office_stored_ready(&office, &epoch, &key);
}

static void test_who_orders_a_bucket_hears_what_stored_says(void)
{
	uint64_t first, second;
	struct ear a, b;

	assert(provide(&a) == PROVIDE_OK && provide(&b) == PROVIDE_OK);
	assert(a.n == 0 && b.n == 0);
	first = receive();
	second = receive();
	assert(first != second);
	answer(second, S3_ERROR_BUCKET_ALREADY_EXISTS);
	assert(a.n == 0 && b.n == 1 && b.error == S3_ERROR_BUCKET_ALREADY_EXISTS);
	answer(first, S3_ERROR_NONE);
	assert(a.n == 1 && a.error == S3_ERROR_NONE);
	/* Nobody is told twice, and nobody of what he has not ordered. */
	answer(first, S3_ERROR_INTERNAL_ERROR);
	answer(first + 1000, S3_ERROR_INTERNAL_ERROR);
	assert(a.n == 1 && b.n == 1 && office.authd.provisions.n == 0);
}

static void test_an_order_that_takes_too_long_is_given_up(void)
{
	struct provision *p;
	uint64_t order;
	struct ear e;

	assert(provide(&e) == PROVIDE_OK);
	order = receive();
	p = office.authd.provisions.first;
	assert(p->late.at_ns > clock_boottime_ns());
	assert(p->late.at_ns <= clock_boottime_ns() + PROVIDE_PATIENCE_NS);
	loop_arm(&office.authd.loop, &p->late, 0);
	office_settle(&office);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	answer(order, S3_ERROR_NONE);
	assert(e.n == 1);
}

static void test_orders_under_way_are_bounded(void)
{
	struct ear ears[IPC_PROVISIONS_MAX], surplus;
	uint64_t order = 0;

	for (size_t i = 0; i < IPC_PROVISIONS_MAX; i++)
		assert(provide(&ears[i]) == PROVIDE_OK);
	assert(provide(&surplus) == PROVIDE_FULL && surplus.n == 0);
	for (size_t i = 0; i < IPC_PROVISIONS_MAX; i++)
		order = receive();
	answer(order, S3_ERROR_NONE);
	assert(provide(&surplus) == PROVIDE_OK);
	provisions_fail(&office.authd);
	for (size_t i = 0; i < IPC_PROVISIONS_MAX; i++)
		assert(ears[i].n == 1);
	assert(surplus.n == 1);
	receive();
}

static void test_orders_fail_when_stored_goes_away(void)
{
	struct ear e;

	assert(provide(&e) == PROVIDE_OK);
	receive();
	close(stored);
	office_settle(&office);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(provide(&e) == PROVIDE_AWAY && e.n == 0);
	connect_stored();
}

/* A new one comes before the old one's end is seen: it has not been asked. */
static void test_orders_fail_when_stored_is_replaced(void)
{
	int old = stored;
	struct ear e;

	assert(provide(&e) == PROVIDE_OK);
	receive();
	connect_stored();
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(office_silent(&office, stored));
	close(old);
}

int main(void)
{
	office_open(&office);
	connect_stored();
	test_who_orders_a_bucket_hears_what_stored_says();
	test_an_order_that_takes_too_long_is_given_up();
	test_orders_under_way_are_bounded();
	test_orders_fail_when_stored_goes_away();
	test_orders_fail_when_stored_is_replaced();
	close(stored);
	office_close(&office);
	return 0;
}
