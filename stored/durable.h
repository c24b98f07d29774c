/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The order in which things become durable, in one file. Data is flushed, then it gets its name and
 * the name's directory is flushed, then the catalog's transaction is committed and flushed, then
 * the client hears 200. Deleting goes the other way: first the row, later the file. So a crash
 * leaves the old object or the new one, and at worst a blob that nobody names, which the sweep
 * finds.
 *
 * Everything in the store that flushes, names or unnames a file goes through here, and says which
 * step it is: a crash test stops the process at each of them.
 *
 * STEP(SYMBOL, "what has just not yet happened")
 */
#define DURABLE_STEPS(STEP)                                                                        \
	STEP(BLOB_FLUSH, "the data of a new blob is flushed")                                      \
	STEP(BLOB_LINK, "the blob gets its name")                                                  \
	STEP(BLOB_DIRECTORY_FLUSH, "the directory with that name is flushed")                      \
	STEP(BLOB_READY, "the change that refers to the blob is submitted")                        \
	STEP(CATALOG_COMMIT, "the transaction is committed and flushed")                           \
	STEP(CATALOG_COMMITTED, "the client is told")                                              \
	STEP(INDEX_CLAIM, "a bucket's name is claimed in the index")                               \
	STEP(INDEX_CLAIMED, "the bucket's row is written")                                         \
	STEP(INDEX_RELEASE, "a deleted bucket's name is given back")                               \
	STEP(INDEX_RELEASED, "the client is told")                                                 \
	STEP(DEAD_UNLINK, "a blob that no row names any more loses its name")                      \
	STEP(DEAD_FORGET, "that it did is written down")                                           \
	STEP(DIRECTORY_MADE, "the parent of a new directory is flushed")                           \
	STEP(DATABASE_MADE, "the directory with a new database is flushed")                        \
	STEP(CHECKPOINT, "the write-ahead log moves into the catalog")                             \
	STEP(CATALOG_ADOPT, "a restored catalog gets its name")                                    \
	STEP(CATALOG_ADOPTED, "the directory with that name is flushed")                           \
	STEP(CATALOG_UNLINK, "the catalog of a deleted tenant loses its name")                     \
	STEP(CATALOG_UNLINKED, "its buckets' names are given back")                                \
	STEP(TENANT_REMOVE, "what else the tenant had is removed")                                 \
	STEP(TENANT_REMOVED, "authd is told")

#include "base/meter.h"
#include "base/span.h"

enum durable_step {
#define STEP(SYMBOL, meaning) DURABLE_##SYMBOL,
	DURABLE_STEPS(STEP)
#undef STEP
	DURABLE_STEP_COUNT,
};

enum durability {
	DURABILITY_FULL = 0,	/* nothing is acknowledged that a power cut could undo */
	DURABILITY_RELAXED,	/* a power cut may undo the last seconds; a crash of ours may not */
};

/* Called before each step, on the thread that takes it. NULL: nobody is interested. */
struct durable_hook {
	void (*reached)(void *context, enum durable_step step);
	void *context;
};

/* How long flushes take. */
struct durable_meters {
	struct meter blobs, directories;
};

struct durable {
	enum durability durability;
	struct durable_hook hook;
	struct durable_meters *meters;	/* NULL: nobody is interested */
};

/* Tells the hook; for the steps that are SQLite's to take. */
void durable_step(const struct durable *d, enum durable_step step);

/*
 * Has the disk take some of a new blob, and waits until it has. Nothing is durable by that; but an error is
 * told here only, and no flush of this descriptor tells it again.
 */
must_check int durable_write_back(int fd, uint64_t from, uint64_t len);

/* The data of a new blob, and what is needed to read it back. */
must_check int durable_flush_blob(const struct durable *d, int fd);

/* Gives the nameless file its name in a directory. -EEXIST if there is one. */
must_check int durable_link_blob(const struct durable *d, int fd, int dir_fd, const char *name);

/* The same for a file that was staged under a name. */
must_check int durable_rename_blob(const struct durable *d, int from_dir_fd, int dir_fd,
				   const char *name);

must_check int durable_flush_blob_directory(const struct durable *d, int dir_fd);

/* Takes a blob's name away. One that is not there is fine. Needs no flush: see the sweep. */
must_check int durable_unlink_blob(const struct durable *d, int dir_fd, const char *name);

/* The directory in which a database was made. */
must_check int durable_flush_database_directory(const struct durable *d, int dir_fd);

/* Takes a database's name away, durably. One that is not there is fine; its log stays behind. */
must_check int durable_unlink_database(const struct durable *d, int dir_fd, const char *name);

/*
 * Gives a database that was made in another directory, flushed and closed, its name in this one. -EEXIST if
 * there is one.
 */
must_check int durable_adopt_database(const struct durable *d, int from_dir_fd, int dir_fd, const char *name);

/*
 * Removes a directory with all that is in it, durably; one that is not there is fine. -ENOTEMPTY where
 * somebody still fills it.
 */
must_check int durable_remove_directory(const struct durable *d, int parent_fd, const char *name);

/*
 * Makes a directory (0700) unless it is there, its name flushed in any case, and opens it. Whoever
 * made it may have died before flushing: only the first opener in a process pays for that.
 */
must_check int durable_make_directory(const struct durable *d, int parent_fd, const char *name,
				      int *ret_fd);
