/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/sourcefile.h"

#include <fcntl.h>
#include <jansson.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/transfer/beneath.h"

/* Longer lists of tokens there have never been. */
#define TOKENS_SIZE_MAX (16 * MIB)

#define YOUNG_NS (100 * NS_PER_MS)

int sourcefile_open_root(const char *path, struct complaint *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? complain_errno(why, -errno, "cannot open the directory %s", path) : fd;
}

void sourcefile_describe(struct source_entry *e, const struct stat *st)
{
	e->size = (uint64_t)st->st_size;
	if (S_ISLNK(st->st_mode))
		e->reason = "is a symbolic link, which is not followed";
	else if (!S_ISREG(st->st_mode))
		e->reason = "is no regular file";
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_file(struct source_reader *r, void *to, size_t size, size_t *ret_len)
{
	ssize_t n;

	do
		n = read(r->fd, to, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_len = (size_t)n;
	return 0;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/*
 * The clock of a file system goes in steps, and a write is dated when it begins: a file that was
 * written to just now may be written to once more, or still be, and have the same date.
 */
static bool is_young(const struct stat *st)
{
	uint64_t now = clock_realtime_ns(),
		 written = (uint64_t)st->st_mtim.tv_sec * NS_PER_S + (uint64_t)st->st_mtim.tv_nsec;

	return now < written + YOUNG_NS && written < now + YOUNG_NS;
}

/* What is young is given the time to be so no more; what is all the same, somebody writes to. */
static int look(struct source_reader *r, int fd)
{
	if (fstat(fd, &r->before) < 0)
		return -errno;
	if (!is_young(&r->before))
		return 0;
	nanosleep(&(struct timespec){ .tv_nsec = YOUNG_NS }, NULL);
	if (fstat(fd, &r->before) < 0)
		return -errno;
	r->is_young = is_young(&r->before);
	return 0;
}

static bool file_has_changed(const struct source_reader *r)
{
	struct stat now;

	return r->is_young || fstat(r->fd, &now) < 0 || now.st_size != r->before.st_size ||
	       !is_same_time(&now.st_mtim, &r->before.st_mtim) ||
	       !is_same_time(&now.st_ctim, &r->before.st_ctim);
}

static void close_file(struct source_reader *r)
{
	fd_close(r->fd);
}

int sourcefile_read(int root_fd, const struct source_entry *e, struct source_reader *ret)
{
	_cleanup_(fd_closep) int fd = beneath_open(root_fd, e->name, O_RDONLY);
	struct source_reader r = { .read = read_file,
				   .has_changed = file_has_changed,
				   .close = close_file };
	int error;

	if (fd < 0)
		return fd;
	error = look(&r, fd);
	if (error < 0)
		return error;
	/* It may have become something else since its directory was read. */
	if (!S_ISREG(r.before.st_mode))
		return -EINVAL;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r.size = (uint64_t)r.before.st_size;
	r.fd = steal_fd(fd);
	*ret = r;
	return 0;
}

/* --- tokens ---------------------------------------------------------------------------------- */

static bool is_token(const json_t *t)
{
	return json_is_string(json_object_get(t, "hash")) &&
	       json_is_array(json_object_get(t, "scopes"));
}

bool sourcefile_has_tokens(int dir_fd, const char *name)
{
	_cleanup_(fd_closep) int fd = beneath_open(dir_fd, span_from_string(name), O_RDONLY);
	struct stat st;
	json_t *list;
	bool has;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size > TOKENS_SIZE_MAX)
		return false;
	list = json_loadfd(fd, 0, NULL);
	has = is_token(json_array_get(list, 0));
	json_decref(list);
	return has;
}
