/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/landing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/transfer/beneath.h"

/* From so many files on, the whole file system is flushed once instead of each of them. */
#define FLUSH_ALL_FROM 4

/* --- which keys ------------------------------------------------------------------------------ */

static const char *refuse_segment(struct span s)
{
	if (!s.len)
		return "its key has an empty part: it begins or ends with a slash, or has two in a "
		       "row";
	if (span_equal(s, SPAN(".")) || span_equal(s, SPAN("..")))
		return "its key has a part that is . or ..";
	if (s.len > NAME_MAX)
		return "its key has a part that is longer than the name of a file";
	return NULL;
}

const char *landing_refuses(struct span key)
{
	struct span segment, rest = span_cut(key, '/', &segment);
	const char *reason = refuse_segment(segment);

	if (memchr(key.data, '\0', key.len))
		return "its key has a NUL";
	if (span_equal(segment, SPAN(LANDING_WORK)))
		return "its key begins with the directory of unfinished files";
	while (!reason && !span_is_none(rest)) {
		rest = span_cut(rest, '/', &segment);
		reason = refuse_segment(segment);
	}
	return reason;
}

/* --- life ------------------------------------------------------------------------------------ */

/* What an earlier run could not finish. */
static int clear_work(int work_fd)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int r;

	r = fd_open_directory(work_fd, ".", &d);
	while (r == 0 && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(work_fd, entry->d_name, 0) < 0)
			r = -errno;
	return r;
}

/* Whoever else could write there could give another file the name that ours is to have. */
static bool is_ours(int work_fd)
{
	struct stat st;

	return fstat(work_fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 022);
}

static int open_work(struct landing *l, const char *path, struct complaint *why)
{
	int r;

	if (mkdirat(l->root_fd, LANDING_WORK, 0700) < 0 && errno != EEXIST)
		return complain_errno(why, -errno, "cannot write to %s", path);
	l->work_fd =
		openat(l->root_fd, LANDING_WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->work_fd < 0)
		return complain_errno(why, -errno, "cannot open %s/" LANDING_WORK, path);
	if (!is_ours(l->work_fd))
		return complain(why, -EPERM, "%s/" LANDING_WORK " is not yours alone", path);
	if (flock(l->work_fd, LOCK_EX | LOCK_NB) < 0)
		return complain(why, -EBUSY, "another export is writing to %s", path);
	r = clear_work(l->work_fd);
	return r < 0 ? complain_errno(why, r, "cannot clear out %s/" LANDING_WORK, path) : 0;
}

int landing_open(const char *path, struct landing *ret, struct complaint *why)
{
	struct landing l = LANDING_NONE;
	int r;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return complain_errno(why, -errno, "cannot make %s", path);
	l.root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.root_fd < 0)
		return complain_errno(why, -errno, "cannot open the directory %s", path);
	r = open_work(&l, path, why);
	if (r < 0) {
		fd_close(l.work_fd);
		fd_close(l.root_fd);
		return r;
	}
	*ret = l;
	return 0;
}

/* Names and directories, of which a crash before this may lose some, but never a file's bytes. */
int landing_finish(struct landing *l)
{
	return syncfs(l->root_fd) < 0 ? -errno : 0;
}

void landing_close(struct landing *l)
{
	fd_close(l->parent_fd);
	if (l->work_fd >= 0)
		(void)unlinkat(l->root_fd, LANDING_WORK, AT_REMOVEDIR);
	fd_close(l->work_fd);
	fd_close(l->root_fd);
	*l = LANDING_NONE;
}

/* --- what is there --------------------------------------------------------------------------- */

int landing_find(const struct landing *l, struct span key, int *ret_fd, struct stat *ret)
{
	_cleanup_(fd_closep) int fd = beneath_open(l->root_fd, key, O_RDONLY);

	if (fd < 0)
		return fd;
	if (fstat(fd, ret) < 0)
		return -errno;
	if (!S_ISREG(ret->st_mode))
		return S_ISDIR(ret->st_mode) ? -EISDIR : -ELOOP;
	*ret_fd = steal_fd(fd);
	return 0;
}

/* --- files ----------------------------------------------------------------------------------- */

int landing_begin(struct landing *l, struct landing_file *ret)
{
	struct landing_file f;

	snprintf(f.name, sizeof(f.name), "%llu", (unsigned long long)++l->serial);
	f.fd = openat(l->work_fd, f.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      0600);
	if (f.fd < 0)
		return -errno;
	*ret = f;
	return 0;
}

void landing_drop(struct landing *l, struct landing_file *f)
{
	if (f->fd < 0)
		return;
	f->fd = fd_close(f->fd);
	(void)unlinkat(l->work_fd, f->name, 0);
}

static size_t parent_len(struct span key)
{
	size_t len = key.len;

	while (len && span_bytes(key)[len - 1] != '/')
		len--;
	return len;
}

/* Opens the key's directory, unless it is the one of before. */
static int enter_parent(struct landing *l, struct span key)
{
	_cleanup_(fd_closep) int fd = -1;
	size_t len = parent_len(key);
	struct span name;

	if (l->parent_fd >= 0 && span_equal(span_from_string(l->parent), span_first(key, len)))
		return 0;
	l->parent_fd = fd_close(l->parent_fd);
	fd = beneath_open_parent(l->root_fd, key, true, &name);
	if (fd < 0)
		return fd;
	l->parent_fd = steal_fd(fd);
	memcpy(l->parent, key.data, len);
	l->parent[len] = '\0';
	return 0;
}

/* Where a file system cannot say "but only if nothing is there", it is looked before. */
static int rename_to_nothing(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(from_fd, from, to_fd, to) < 0 ? -errno : 0;
}

static int give_name(struct landing *l, struct landing_file *f, struct span key, bool replace)
{
	char name[NAME_MAX + 1];
	size_t at = parent_len(key);

	memcpy(name, span_bytes(key) + at, key.len - at);
	name[key.len - at] = '\0';
	if (!replace)
		return rename_to_nothing(l->work_fd, f->name, l->parent_fd, name);
	return renameat(l->work_fd, f->name, l->parent_fd, name) < 0 ? -errno : 0;
}

static int set_time(int fd, uint64_t modified_ns)
{
	const struct timespec time = { .tv_sec = (time_t)(modified_ns / NS_PER_S),
				       .tv_nsec = (long)(modified_ns % NS_PER_S) };

	return futimens(fd, (const struct timespec[]){ time, time }) < 0 ? -errno : 0;
}

/* A flush of one file costs the disk as much as one of all; but others may have much to flush. */
static int flush(const struct landing *l, struct landing_file *const *files, size_t n)
{
	if (n >= FLUSH_ALL_FROM)
		return syncfs(l->work_fd) < 0 ? -errno : 0;
	for (size_t i = 0; i < n; i++)
		if (fsync(files[i]->fd) < 0)
			return -errno;
	return 0;
}

static void place(struct landing *l, struct landing_file *f, bool replace)
{
	if (f->result == 0)
		f->result = enter_parent(l, f->key);
	if (f->result == 0)
		f->result = give_name(l, f, f->key, replace);
	if (f->result == 0)
		f->fd = fd_close(f->fd);
	else
		landing_drop(l, f);
}

void landing_place(struct landing *l, struct landing_file *const *files, size_t n, bool replace)
{
	int r;

	for (size_t i = 0; i < n; i++)
		files[i]->result = set_time(files[i]->fd, files[i]->modified_ns);
	r = flush(l, files, n);
	for (size_t i = 0; i < n; i++) {
		if (r < 0)
			files[i]->result = r;
		place(l, files[i], replace);
	}
}
