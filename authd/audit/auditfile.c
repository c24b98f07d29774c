/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/audit/auditfile.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define NAME_SIZE 64

struct auditfile {
	const char *name;
	struct auditfile_limits limits;
	int directory_fd;
	int fd;
	uint64_t first, last; /* their numbers; the last is the one that is open */
	uint64_t len; /* of it */
	bool failed;
};

static const char *name_of(const struct auditfile *f, uint64_t number, char buf[static NAME_SIZE])
{
	snprintf(buf, NAME_SIZE, "%s.%" PRIu64 ".log", f->name, number);
	return buf;
}

/* The number of a file of ours, or 0. */
static uint64_t number_of(const struct auditfile *f, const char *entry)
{
	struct span rest = span_from_string(entry), part;
	char name[NAME_SIZE];
	uint64_t number;

	rest = span_cut(rest, '.', &part);
	if (span_is_none(rest) || !span_equal(part, span_from_string(f->name)))
		return 0;
	span_cut(rest, '.', &part);
	if (!span_to_u64(part, &number) || strcmp(entry, name_of(f, number, name)))
		return 0;
	return number;
}

static int find_files(struct auditfile *f)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r;

	r = fd_open_directory(f->directory_fd, ".", &d);
	if (r < 0)
		return r;
	while ((entry = readdir(d))) {
		uint64_t number = number_of(f, entry->d_name);

		f->last = MAX(f->last, number);
		if (number && (!f->first || number < f->first))
			f->first = number;
	}
	return 0;
}

static int write_all(struct auditfile *f, struct span bytes)
{
	int r = fd_write_all(f->fd, bytes);

	if (r == 0)
		f->len += bytes.len;
	return r;
}

/* Durable at once: a name that a crash takes away would take its lines along. */
static int open_number(struct auditfile *f, uint64_t number, int flags)
{
	_cleanup_(fd_closep) int fd = -1;
	char name[NAME_SIZE];
	int r;

	fd = openat(f->directory_fd, name_of(f, number, name),
		    O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return -errno;
	if ((flags & O_CREAT) && fsync(f->directory_fd) < 0) {
		r = -errno;
		/* Whoever comes next makes it anew, and has something to flush. */
		(void)!unlinkat(f->directory_fd, name, 0);
		f->failed = true;
		return r;
	}
	fd_close(f->fd);
	f->fd = steal_fd(fd);
	f->last = number;
	f->len = 0;
	return 0;
}

/*
 * A crash may have cut the last line: what follows begins on one of its own. Where there is no room for that, nothing
 * follows; but authd is there, so that a full disk can be emptied.
 */
static int go_on(struct auditfile *f)
{
	struct stat st;
	char end = '\n';

	if (fstat(f->fd, &st) < 0)
		return -errno;
	f->len = (uint64_t)st.st_size;
	if (f->len && pread(f->fd, &end, 1, st.st_size - 1) != 1)
		return -EIO;
	f->failed = end != '\n' && write_all(f, SPAN("\n")) < 0;
	return 0;
}

int auditfile_open(const char *directory, const char *name, const struct auditfile_limits *limits,
		   struct auditfile **ret)
{
	_cleanup_(auditfile_closep) struct auditfile *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->name = name;
	f->limits = *limits;
	f->fd = -1;
	f->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->directory_fd < 0)
		return -errno;
	r = find_files(f);
	if (r < 0)
		return r;
	if (!f->last) {
		f->first = 1;
		r = open_number(f, 1, O_CREAT | O_EXCL);
	} else {
		r = open_number(f, f->last, 0);
		if (r == 0)
			r = go_on(f);
	}
	if (r < 0)
		return r;
	/* An earlier process may have had to leave that to us. */
	f->failed |= fdatasync(f->fd) < 0 || fsync(f->directory_fd) < 0;
	*ret = steal_ptr(f);
	return 0;
}

bool auditfile_has_failed(const struct auditfile *f)
{
	return f->failed;
}

struct auditfile *auditfile_close(struct auditfile *f)
{
	if (!f)
		return NULL;
	fd_close(f->fd);
	fd_close(f->directory_fd);
	free(f);
	return NULL;
}

/* One that cannot be removed is only one too many. */
static void remove_oldest(struct auditfile *f)
{
	char name[NAME_SIZE];

	for (; f->last - f->first >= f->limits.files; f->first++)
		(void)!unlinkat(f->directory_fd, name_of(f, f->first, name), 0);
}

static int make_room(struct auditfile *f)
{
	int r;

	if (f->len < f->limits.bytes)
		return 0;
	r = open_number(f, f->last + 1, O_CREAT | O_EXCL);
	if (r == 0)
		remove_oldest(f);
	return r;
}

int auditfile_append(struct auditfile *f, struct span lines, bool flush)
{
	bool flush_failed;
	uint64_t before;
	int r;

	if (f->failed)
		return -EIO;
	r = make_room(f);
	if (r < 0)
		return r;
	before = f->len;
	r = write_all(f, lines);
	if (r == 0 && (!flush || fdatasync(f->fd) == 0))
		return 0;
	flush_failed = r == 0;
	if (flush_failed)
		r = -errno;
	/*
	 * What was written by half, as on a full disk, is taken back. A lost flush cannot be,
	 * whatever error it is: with a late allocation a full disk is told of by the flush, once.
	 */
	f->failed = flush_failed || r == -EIO || ftruncate(f->fd, (off_t)before) < 0;
	f->len = before;
	return r;
}
