/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where an import takes objects from: something that yields entries one after another and opens each
 * for reading, as often as is asked. There is a file for each kind of source; each sees to it that
 * nothing outside of what was named is read, whoever else can write there.
 */

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/span.h"
#include "client/complaint.h"

/* SOURCE(SYMBOL, symbol, "name") */
#define SOURCES(SOURCE)                                                                            \
	SOURCE(FILESYSTEM, filesystem, "filesystem")                                               \
	SOURCE(BASE32, base32, "base32")                                                           \
	SOURCE(SQLITE, sqlite, "sqlite")

enum source_format {
#define SOURCE(SYMBOL, symbol, name) SOURCE_##SYMBOL,
	SOURCES(SOURCE)
#undef SOURCE
	SOURCE_FORMAT_COUNT,
};

struct source_entry {
	struct span name;	/* where it lies in the source */
	struct span key;	/* what its object is called; SPAN_NONE with a reason */
	const char *reason;	/* a literal: why it cannot be imported; NULL where it can */
	uint64_t size;
	int64_t row;		/* in a database */
	char text[];		/* what name and key point to */
};

/* The bytes of one entry. */
struct source_reader {
	int (*read)(struct source_reader *r, void *to, size_t size, size_t *ret_len);
	bool (*has_changed)(const struct source_reader *r);
	void (*close)(struct source_reader *r);
	int fd;				/* of a file */
	struct stat before;
	bool is_young;			/* it was written to so lately that more may not show */
	sqlite3_blob *blob;		/* of a row */
	uint64_t at, size;
};

struct source {
	int (*next)(struct source *s, struct source_entry **ret);
	int (*open)(struct source *s, const struct source_entry *e, struct source_reader *ret);
	void (*free)(struct source *s);
	const char *const *excludes;	/* shell patterns, of whole names or their last part */
	size_t n_excludes;
	uint64_t n_excluded;		/* entries that were passed over for them */
};

struct source_config {
	enum source_format format;
	const char *path;
	const char *const *excludes;	/* must outlive the source */
	size_t n_excludes;
};

must_check bool source_format_parse(const char *name, enum source_format *ret);

must_check int source_new(const struct source_config *c, struct source **ret, struct complaint *why);
struct source *source_free(struct source *s);
DEFINE_CLEANUP(struct source *, source_free)

enum source_outcome {
	SOURCE_ENTRY = 0,
	SOURCE_END,
};

/* An entry, the caller's; or the end. -errno: the source cannot be read on. */
must_check int source_next(struct source *s, struct source_entry **ret);
struct source_entry *source_entry_free(struct source_entry *e);
DEFINE_CLEANUP(struct source_entry *, source_entry_free)

/* How much there is, by going through it once with a source of its own, until *stop is not 0. */
must_check int source_count(const struct source_config *c, const volatile sig_atomic_t *stop,
			    uint64_t *ret_entries, uint64_t *ret_bytes, struct complaint *why);

/* -errno: it cannot be read any more, if it ever could. */
must_check int source_open(struct source *s, const struct source_entry *e,
			   struct source_reader *ret);

/* *ret_len is 0 at the end only. */
must_check int source_read(struct source_reader *r, void *to, size_t size, size_t *ret_len);

/* Whether somebody has written to it since it was opened, as far as can be told. */
bool source_has_changed(const struct source_reader *r);

/* Also of a zeroed one. */
void source_close(struct source_reader *r);

/* --- for the kinds of sources ---------------------------------------------------------------- */

#define SOURCE(SYMBOL, symbol, name)                                                               \
	must_check int source_new_##symbol(const char *path, struct source **ret,                  \
					   struct complaint *why);
SOURCES(SOURCE)
#undef SOURCE

/* A copy of both; NULL where memory ran out. A key of SPAN_NONE stays one. */
struct source_entry *source_entry_new(struct span name, struct span key);

/* Finds the reason why the key cannot be one, if there is any. */
void source_entry_check(struct source_entry *e);

bool source_excludes(const struct source *s, const char *name);
