/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static size_t slot_of(uint64_t ns)
{
	unsigned int doublings;
	size_t slot;

	if (ns < HISTOGRAM_FINE)
		return (size_t)ns;
	/* The top seven bits: the first is known, the other six say which slot of this doubling. */
	doublings = 63u - (unsigned int)__builtin_clzll(ns) - 6;
	slot = (doublings + 1) * HISTOGRAM_FINE + (size_t)(ns >> doublings) - HISTOGRAM_FINE;
	return slot < sizeof(((struct histogram *)0)->counts) / sizeof(uint64_t)
		       ? slot
		       : sizeof(((struct histogram *)0)->counts) / sizeof(uint64_t) - 1;
}

static uint64_t end_of(size_t slot)
{
	size_t doublings = slot / HISTOGRAM_FINE;

	if (!doublings)
		return slot;
	return ((uint64_t)(slot % HISTOGRAM_FINE + HISTOGRAM_FINE + 1) << (doublings - 1)) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	h->counts[slot_of(ns)]++;
	h->n++;
	if (ns > h->most_ns)
		h->most_ns = ns;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->n), seen = 0;

	if (!h->n)
		return 0;
	for (size_t i = 0; i < sizeof(h->counts) / sizeof(h->counts[0]); i++) {
		seen += h->counts[i];
		if (seen && seen >= wanted)
			return end_of(i) < h->most_ns ? end_of(i) : h->most_ns;
	}
	return h->most_ns;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void print_counts(const struct histogram *h)
{
	const char *between = "";

	for (size_t i = 0; i < sizeof(h->counts) / sizeof(h->counts[0]); i++) {
		if (!h->counts[i])
			continue;
		printf("%s[%.3f, %" PRIu64 "]", between, (double)end_of(i) / 1e3, h->counts[i]);
		between = ", ";
	}
}

void histogram_print(const struct histogram *h, double seconds, uint64_t bytes, uint64_t all)
{
	printf("{\"all\": %" PRIu64 ", \"requests\": %" PRIu64
	       ", \"seconds\": %.6f, \"bytes\": %" PRIu64 ", \"p50_us\": %.1f, \"p99_us\": %.1f"
	       ", \"most_us\": %.1f, \"counts\": [",
	       all, h->n, seconds, bytes, (double)histogram_quantile(h, 0.50) / 1e3,
	       (double)histogram_quantile(h, 0.99) / 1e3, (double)h->most_ns / 1e3);
	print_counts(h);
	printf("]}\n");
}
