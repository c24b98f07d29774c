/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/tree.h"

/* "/proc/self/fd/" and the digits of an int */
#define FD_PATH_MAX 32

void durable_step(const struct durable *d, enum durable_step step)
{
	if (d->hook.reached)
		d->hook.reached(d->hook.context, step);
}

static bool is_relaxed(const struct durable *d)
{
	switch (d->durability) {
	case DURABILITY_FULL:
		return false;
	case DURABILITY_RELAXED:
		return true;
	}
	return false;
}

static void note_flush(struct meter *m, uint64_t began_ns)
{
	meter_note(m, METER_SCALE_TIMES, clock_boottime_ns() - began_ns);
}

/*
 * Never tried again after an error: the kernel reports a lost write once, marks the pages clean,
 * and a second fsync() would say that all is well (the "fsyncgate" of 2018).
 */
static int flush_directory(const struct durable *d, int fd)
{
	uint64_t began = clock_boottime_ns();

	if (is_relaxed(d))
		return 0;
	if (fsync(fd) < 0)
		return -errno;
	if (d->meters)
		note_flush(&d->meters->directories, began);
	return 0;
}

/*
 * For what was found done: a flush of it may have failed, and has left the directory clean in memory, whatever the
 * disk has. Something changes in it, so that the next flush writes it.
 */
static int make_dirty(int fd)
{
	static const char name[] = "flushed-again";
	_cleanup_(fd_closep) int made = -1;

	made = openat(fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (made < 0)
		return -errno;
	return unlinkat(fd, name, 0) < 0 ? -errno : 0;
}

int durable_write_back(int fd, uint64_t from, uint64_t len)
{
	const unsigned int how =
		SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

	return sync_file_range(fd, (off64_t)from, (off64_t)len, how) < 0 ? -errno : 0;
}

int durable_flush_blob(const struct durable *d, int fd)
{
	uint64_t began = clock_boottime_ns();

	durable_step(d, DURABLE_BLOB_FLUSH);
	if (is_relaxed(d))
		return 0;
	/* The size counts as needed to read the data back, so fdatasync() flushes it, too. */
	if (fdatasync(fd) < 0)
		return -errno;
	if (d->meters)
		note_flush(&d->meters->blobs, began);
	return 0;
}

/*
 * AT_EMPTY_PATH would want a capability before Linux 6.10. The way through /proc works for a
 * process's own descriptors even where it is not dumpable.
 */
int durable_link_blob(const struct durable *d, int fd, int dir_fd, const char *name)
{
	char path[FD_PATH_MAX];

	durable_step(d, DURABLE_BLOB_LINK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int durable_rename_blob(const struct durable *d, int from_dir_fd, int dir_fd, const char *name)
{
	durable_step(d, DURABLE_BLOB_LINK);
	return renameat2(from_dir_fd, name, dir_fd, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

int durable_flush_blob_directory(const struct durable *d, int dir_fd)
{
	durable_step(d, DURABLE_BLOB_DIRECTORY_FLUSH);
	return flush_directory(d, dir_fd);
}

int durable_flush_database_directory(const struct durable *d, int dir_fd)
{
	durable_step(d, DURABLE_DATABASE_MADE);
	return flush_directory(d, dir_fd);
}

int durable_unlink_blob(const struct durable *d, int dir_fd, const char *name)
{
	durable_step(d, DURABLE_DEAD_UNLINK);
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int durable_unlink_database(const struct durable *d, int dir_fd, const char *name)
{
	int r;

	durable_step(d, DURABLE_CATALOG_UNLINK);
	r = unlinkat(dir_fd, name, 0) < 0 ? -errno : 0;
	if (r == -ENOENT)
		r = make_dirty(dir_fd);
	if (r == 0)
		r = flush_directory(d, dir_fd);
	if (r == 0)
		durable_step(d, DURABLE_CATALOG_UNLINKED);
	return r;
}

int durable_adopt_database(const struct durable *d, int from_dir_fd, int dir_fd, const char *name)
{
	int r;

	durable_step(d, DURABLE_CATALOG_ADOPT);
	if (renameat2(from_dir_fd, name, dir_fd, name, RENAME_NOREPLACE) < 0)
		return -errno;
	durable_step(d, DURABLE_CATALOG_ADOPTED);
	r = flush_directory(d, dir_fd);
	/* So that it can be done again, and there is something to flush then. */
	if (r < 0 && renameat2(dir_fd, name, from_dir_fd, name, RENAME_NOREPLACE) < 0)
		return -errno;
	return r;
}

int durable_remove_directory(const struct durable *d, int parent_fd, const char *name)
{
	int r;

	durable_step(d, DURABLE_TENANT_REMOVE);
	r = tree_remove(parent_fd, name);
	if (r == -ENOENT)
		r = make_dirty(parent_fd);
	if (r == 0)
		r = flush_directory(d, parent_fd);
	if (r == 0)
		durable_step(d, DURABLE_TENANT_REMOVED);
	return r;
}

int durable_make_directory(const struct durable *d, int parent_fd, const char *name, int *ret_fd)
{
	_cleanup_(fd_closep) int fd = -1;
	bool made = mkdirat(parent_fd, name, 0700) == 0;
	int r;

	if (!made && errno != EEXIST)
		return -errno;
	durable_step(d, DURABLE_DIRECTORY_MADE);
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = flush_directory(d, parent_fd);
	/* Who comes next makes it anew, and has something to flush. */
	if (r < 0 && made)
		(void)!unlinkat(parent_fd, name, AT_REMOVEDIR);
	if (r < 0)
		return r;
	*ret_fd = steal_fd(fd);
	return 0;
}
