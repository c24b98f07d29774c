/* SPDX-License-Identifier: Apache-2.0 */
#include "base/meter.h"

#include <pthread.h>

#undef NDEBUG
#include <assert.h>

static uint64_t count(const struct meter *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < METER_BOUNDS_MAX + 1; i++)
		n += meter_read(&m->buckets[i]);
	return n;
}

static void test_a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed(void)
{
	for (enum meter_scale s = 0; s < METER_SCALES; s++) {
		const struct meter_row *row = &meter_rows[s];

		for (size_t i = 0; i < row->n; i++) {
			struct meter m = { 0 };

			assert(i == 0 || row->bounds[i] > row->bounds[i - 1]);
			meter_note_alone(&m, s, row->bounds[i]);
			meter_note(&m, s, row->bounds[i] + 1);
			assert(meter_read(&m.buckets[i]) == 1 &&
			       meter_read(&m.buckets[i + 1]) == 1);
			assert(meter_read(&m.sum) == 2 * row->bounds[i] + 1 && count(&m) == 2);
		}
	}
}

static void test_nothing_is_too_small_or_too_large(void)
{
	struct meter m = { 0 };

	meter_note(&m, METER_SCALE_TIMES, 0);
	meter_note(&m, METER_SCALE_TIMES, UINT64_MAX);
	assert(meter_read(&m.buckets[0]) == 1);
	assert(meter_read(&m.buckets[meter_rows[METER_SCALE_TIMES].n]) == 1);
}

#define THREADS 4
#define EACH	50000

static void *count_much(void *meter)
{
	for (unsigned int i = 0; i < EACH; i++)
		meter_note(meter, METER_SCALE_SIZES, i % 600);
	return NULL;
}

static void test_threads_that_count_at_once_lose_nothing(void)
{
	struct meter m = { 0 };
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert(pthread_create(&threads[i], NULL, count_much, &m) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert(count(&m) == THREADS * EACH);
}

int main(void)
{
	test_a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed();
	test_nothing_is_too_small_or_too_large();
	test_threads_that_count_at_once_lose_nothing();
	return 0;
}
