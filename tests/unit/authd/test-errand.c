/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/errand.h"

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
	return errand_provide(&office.authd, &tenant, SPAN("bucket"),
			      (struct errand_waiter){ heard, e });
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

static int erase(struct ear *e, const struct ipc_id *whose, enum erase_mode mode)
{
	*e = (struct ear){ 0 };
	return errand_erase(&office.authd, whose, mode, (struct errand_waiter){ heard, e });
}

static uint64_t receive_erase(const struct ipc_id *whose, enum erase_mode mode)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_ERASE && m.erase.mode == mode);
	assert(ipc_id_equal(&m.erase.tenant, whose));
	return m.erase.order;
}

static void answer_erase(uint64_t order, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_ERASED,
				 .erased = { .order = order, .error = (uint16_t)error } };

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

	assert(provide(&a) == ERRAND_OK && provide(&b) == ERRAND_OK);
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
	assert(a.n == 1 && b.n == 1 && !office.authd.errands.first);
}

static void test_an_order_that_takes_too_long_is_given_up(void)
{
	struct errand *p;
	uint64_t order;
	struct ear e;

	assert(provide(&e) == ERRAND_OK);
	order = receive();
	p = office.authd.errands.first;
	assert(p->late.at_ns > clock_boottime_ns());
	assert(p->late.at_ns <= clock_boottime_ns() + ERRAND_PATIENCE_NS);
	loop_arm(&office.authd.loop, &p->late, 0);
	office_settle(&office);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	answer(order, S3_ERROR_NONE);
	assert(e.n == 1);
}

static void test_orders_under_way_are_bounded(void)
{
	struct ear ears[IPC_ERRANDS_MAX], surplus;
	uint64_t order = 0;

	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++)
		assert(provide(&ears[i]) == ERRAND_OK);
	assert(provide(&surplus) == ERRAND_FULL && surplus.n == 0);
	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++)
		order = receive();
	answer(order, S3_ERROR_NONE);
	assert(provide(&surplus) == ERRAND_OK);
	errands_fail(&office.authd);
	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++)
		assert(ears[i].n == 1);
	assert(surplus.n == 1);
	receive();
}

static void test_orders_fail_when_stored_goes_away(void)
{
	struct ear e;

	assert(provide(&e) == ERRAND_OK);
	receive();
	close(stored);
	office_settle(&office);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(provide(&e) == ERRAND_AWAY && e.n == 0);
	connect_stored();
}

/* A new one comes before the old one's end is seen: it has not been asked. */
static void test_orders_fail_when_stored_is_replaced(void)
{
	int old = stored;
	struct ear e;

	assert(provide(&e) == ERRAND_OK);
	receive();
	connect_stored();
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(office_silent(&office, stored));
	close(old);
}

static const struct ipc_id second_tenant = { { 4, 5, 6 } };

static void test_a_tenant_is_erased_however_long_it_takes(void)
{
	uint64_t order;
	struct ear e;

	assert(erase(&e, &tenant, ERASE_ALL) == ERRAND_OK);
	order = receive_erase(&tenant, ERASE_ALL);
	assert(errands_have(&office.authd, ERRAND_ERASE, &tenant));
	assert(!errands_have(&office.authd, ERRAND_ERASE, &second_tenant));
	assert(!errands_have(&office.authd, ERRAND_PROVIDE, &tenant));
	assert(!office.authd.errands.first->late.loop);
	/* What stored says of another kind of errand is not about this one. */
	answer(order, S3_ERROR_NONE);
	assert(e.n == 0);
	answer_erase(order, S3_ERROR_BUCKET_NOT_EMPTY);
	assert(e.n == 1 && e.error == S3_ERROR_BUCKET_NOT_EMPTY);
	assert(!errands_have(&office.authd, ERRAND_ERASE, &tenant));
}

static void test_a_question_has_a_deadline(void)
{
	struct ear e;

	assert(erase(&e, &tenant, ERASE_ASK) == ERRAND_OK);
	receive_erase(&tenant, ERASE_ASK);
	loop_arm(&office.authd.loop, &office.authd.errands.first->late, 0);
	office_settle(&office);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
}

static void test_who_waits_for_a_tenant_that_goes_is_told(void)
{
	struct ear theirs[3], other;

	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++)
		assert(provide(&theirs[i]) == ERRAND_OK);
	assert(erase(&other, &second_tenant, ERASE_ALL) == ERRAND_OK);
	errands_give_up(&office.authd, &tenant);
	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++)
		assert(theirs[i].n == 1 && theirs[i].error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(other.n == 0);
	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++)
		receive();
	answer_erase(receive_erase(&second_tenant, ERASE_ALL), S3_ERROR_NONE);
	assert(other.n == 1 && other.error == S3_ERROR_NONE);
}

/* An error that there is not ends the line of who says it. */
static void test_t70_an_answer_that_means_nothing_is_a_violation(void)
{
	struct ear e;

	assert(erase(&e, &tenant, ERASE_ALL) == ERRAND_OK);
	answer_erase(receive_erase(&tenant, ERASE_ALL), S3_ERROR_COUNT);
	assert(e.n == 1 && e.error == S3_ERROR_SERVICE_UNAVAILABLE);
	assert(office_hung_up(&office, stored));
	close(stored);
	connect_stored();
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
	test_a_tenant_is_erased_however_long_it_takes();
	test_a_question_has_a_deadline();
	test_who_waits_for_a_tenant_that_goes_is_told();
	test_t70_an_answer_that_means_nothing_is_a_violation();
	close(stored);
	office_close(&office);
	return 0;
}
