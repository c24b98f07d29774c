/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/tree.h"

#undef NDEBUG
#include <assert.h>

/*
 * What a directory is to a disk that fails: a flush that fails leaves it clean in memory, and the next flush
 * has nothing to write unless it was changed again. All of a test's directories count as one.
 */
static struct {
	bool fails; /* the next flush */
	unsigned int unflushed, lost, flushed; /* changes */
} disk;

static int changed(long done)
{
	disk.unflushed += done >= 0;
	return (int)done;
}

int mkdirat(int fd, const char *name, mode_t mode)
{
	return changed(syscall(SYS_mkdirat, fd, name, mode));
}

int unlinkat(int fd, const char *name, int flags)
{
	return changed(syscall(SYS_unlinkat, fd, name, flags));
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	return changed(syscall(SYS_renameat2, from_fd, from, to_fd, to, flags));
}

int fsync(int fd)
{
	if (disk.fails)
		disk.lost += disk.unflushed;
	else
		disk.flushed += disk.unflushed;
	disk.unflushed = 0;
	if (!disk.fails)
		return 0;
	disk.fails = false;
	errno = EIO;
	return -1;
}

static const struct durable full = { .durability = DURABILITY_FULL };
static char directory[] = "/tmp/durable-XXXXXX";
static int directory_fd;

static void begin(void)
{
	strcpy(directory, "/tmp/durable-XXXXXX");
	assert(mkdtemp(directory));
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(directory_fd >= 0);
	disk.unflushed = disk.flushed = disk.lost = 0;
}

static void end(void)
{
	int parent = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fd_close(directory_fd);
	assert(tree_remove(parent, directory + strlen("/tmp/")) == 0);
	fd_close(parent);
}

static void make_file(int fd, const char *name)
{
	fd_close(openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert(faccessat(fd, name, F_OK, 0) == 0);
	disk.unflushed = 0;
}

static void test_a_database_whose_name_went_unflushed_is_not_gone(void)
{
	begin();
	make_file(directory_fd, "catalog.db");
	disk.fails = true;
	assert(durable_unlink_database(&full, directory_fd, "catalog.db") == -EIO);
	assert(durable_unlink_database(&full, directory_fd, "catalog.db") == 0);
	assert(disk.lost > 0 && disk.flushed > 0);
	end();
}

static void test_a_directory_that_was_removed_unflushed_is_not_gone(void)
{
	begin();
	assert(mkdirat(directory_fd, "tenant", 0700) == 0);
	disk.fails = true;
	assert(durable_remove_directory(&full, directory_fd, "tenant") == -EIO);
	disk.flushed = 0;
	assert(durable_remove_directory(&full, directory_fd, "tenant") == 0);
	assert(disk.flushed > 0);
	end();
}

static void test_a_directory_that_was_made_unflushed_is_not_there(void)
{
	int fd;

	begin();
	disk.fails = true;
	assert(durable_make_directory(&full, directory_fd, "tenant", &fd) == -EIO);
	assert(durable_make_directory(&full, directory_fd, "tenant", &fd) == 0);
	assert(disk.flushed > 0);
	fd_close(fd);
	end();
}

static void test_a_database_that_was_adopted_unflushed_is_adopted_again(void)
{
	int from;

	begin();
	assert(durable_make_directory(&full, directory_fd, "restoring", &from) == 0);
	make_file(from, "catalog.db");
	disk.flushed = 0;
	disk.fails = true;
	assert(durable_adopt_database(&full, from, directory_fd, "catalog.db") == -EIO);
	assert(faccessat(directory_fd, "catalog.db", F_OK, 0) < 0);
	assert(durable_adopt_database(&full, from, directory_fd, "catalog.db") == 0);
	assert(disk.flushed > 0 && faccessat(directory_fd, "catalog.db", F_OK, 0) == 0);
	fd_close(from);
	end();
}

int main(void)
{
	test_a_database_whose_name_went_unflushed_is_not_gone();
	test_a_directory_that_was_removed_unflushed_is_not_gone();
	test_a_directory_that_was_made_unflushed_is_not_there();
	test_a_database_that_was_adopted_unflushed_is_adopted_again();
	return 0;
}
