/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A disk as it may be after a power cut. It follows a history (history.h) up to some record. What was
 * flushed by then is there; of everything else any part may be: names and bytes, in any order, writes torn
 * between sectors. The only thing that is taken to be whole is one name's coming or going, and a rename.
 * That is less than any file system gives, for which see docs/durability.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/crash/history.h"

/*
 * A flush that is believed to have done nothing: each is a defect that must be found.
 *
 * LIE(SYMBOL, "name", "of what")
 */
#define DISK_LIES(LIE)                                                                             \
	LIE(HONEST, "honest", "of nothing")                                                        \
	LIE(LOSES_BLOBS, "blobs", "bytes of blobs")                                                \
	LIE(LOSES_NAMES, "names", "names of blobs, in their directories")                          \
	LIE(LOSES_SHARDS, "shards", "names of those directories")                                  \
	LIE(LOSES_PLACES, "places", "all other names")                                             \
	LIE(LOSES_LOGS, "logs", "SQLite's write-ahead logs")                                       \
	LIE(LOSES_CATALOGS, "catalogs", "its databases, into which logs are moved")                \
	LIE(LOSES_ORDERS, "orders", "authd's log of orders")

enum disk_lie {
#define LIE(SYMBOL, name, what) DISK_##SYMBOL,
	DISK_LIES(LIE)
#undef LIE
	DISK_LIE_COUNT,
};

extern const char *const disk_lie_names[DISK_LIE_COUNT];

/* How much of what was not flushed is kept. */
enum disk_luck {
	DISK_KEEPS_ALL = 0,	/* as if the process alone had died */
	DISK_KEEPS_NOTHING,
	DISK_KEEPS_NAMES,
	DISK_KEEPS_BYTES,
	DISK_KEEPS_SOME,
	DISK_KEEPS_LITTLE,
	DISK_KEEPS_MUCH,
	DISK_LUCKS,
};

extern const char *const disk_luck_names[DISK_LUCKS];

struct disk;

/* Reads the history. What is not as it should be ends the program. */
struct disk *disk_new(const char *history, enum disk_lie lie);
struct disk *disk_free(struct disk *d);

size_t disk_length(const struct disk *d);	/* of the history, in records */
size_t disk_start(const struct disk *d);	/* where what was there before is, and nothing else */

/* Goes on to just before record `at`: forwards only. Notes on the way are handed to noted(). */
void disk_follow(struct disk *d, size_t at, void (*noted)(void *context, const void *bytes, size_t len),
		 void *context);

/* Makes the files, in an empty directory. The same seed makes the same. */
void disk_make(const struct disk *d, const char *directory, enum disk_luck luck, uint64_t seed);

/* The next of a row of numbers that looks random. */
uint64_t mix(uint64_t *state);
