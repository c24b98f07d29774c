/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What load is asked for on its command line; how, stands in load.c. Strings are argv's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_CONNECTIONS_MAX 4096
#define PLAN_KEYS_MAX	     1000000
#define PLAN_TARGET_MAX	     1024

struct plan {
	const char *host;
	uint16_t port;
	const char *method;
	const char *path, *query; /* patterns */
	unsigned int first, keys, group; /* keys: 0 where all requests are the same */
	unsigned int connections;
	size_t size; /* of each body, in bytes */
	bool has_size, unsigned_payload;
	uint64_t least; /* bytes of each body that comes */
	uint64_t range, of; /* bytes; 0 where whole objects are asked for */
	double seconds;
	uint64_t requests; /* 0 where the time is the limit */
};

/* Ends the process where the arguments are not understood. */
struct plan plan_read(int argc, char **argv);

/* How many requests there are that differ. */
unsigned int plan_variants(const struct plan *p);

/* Writes the path or query of the n-th of them. Ends the process where it is too long. */
void plan_target(const struct plan *p, const char *pattern, unsigned int n,
		 char ret[PLAN_TARGET_MAX]);

/* The first byte of the n-th range: spread over the object, none beyond its end. */
uint64_t plan_range_begin(const struct plan *p, unsigned int n);
