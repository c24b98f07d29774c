/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/lib/preload.h"

/*
 * Preloaded into a process, writes down whatever it does to files that could be lost with the
 * power: history.h. The call and its record are under one lock, so that the history is an order in
 * which all of it can have happened. Only what happens below one directory matters, but which
 * objects are there is for the reader to know.
 *
 * Flushes that promise nothing in the end, such as sync_file_range(), are not written down. Memory
 * that is mapped from files is not seen: SQLite's is the index of a log, which is made anew after
 * each cut.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/crash/history.h"

/* Out of the way of programs that count theirs. */
#define LOG_FD 900

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool recording, plain;

/* --- the history --------------------------------------------------------------------------- */

static void append(const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		long n = syscall(SYS_write, LOG_FD, at, len);

		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

static void put(struct history_record *r, const char *name, const char *to_name, const void *bytes)
{
	int error = errno;

	r->name_len = (uint16_t)strlen(name);
	r->to_name_len = (uint16_t)strlen(to_name);
	append(r, sizeof(*r));
	append(name, r->name_len);
	append(to_name, r->to_name_len);
	if (bytes)
		append(bytes, r->length);
	errno = error;
}

static bool is_file(int fd, uint64_t *ret)
{
	struct stat st;
	int error = errno;
	bool file = recording && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = error;
	if (file)
		*ret = st.st_ino;
	return file;
}

/* What a path leads to, or 0. */
static uint64_t object_at(int at_fd, const char *path, int flags)
{
	struct stat st;
	int error = errno;
	bool found = fstatat(at_fd, path, &st, flags) == 0;

	errno = error;
	return found ? st.st_ino : 0;
}

struct place {
	uint64_t directory;
	char name[NAME_MAX + 1];
};

/* The directory and the name in it that a path means. */
static struct place place_of(int at_fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct place p = { 0 };
	char parent[PATH_MAX];

	snprintf(p.name, sizeof(p.name), "%s", slash ? slash + 1 : path);
	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path + 1), path);
	p.directory = object_at(at_fd, slash ? parent : ".", 0);
	return p;
}

static void put_at(enum history_kind kind, uint64_t object, const struct place *p)
{
	struct history_record r = { .kind = kind, .object = object, .directory = p->directory };

	put(&r, p->name, "", NULL);
}

static void put_write(uint64_t object, uint64_t offset, const void *bytes, size_t len)
{
	struct history_record r = {
		.kind = HISTORY_WRITE, .object = object, .offset = offset, .length = len
	};

	put(&r, "", "", bytes);
}

/* What another call has put there, read back. */
static void put_written(int fd, uint64_t object, uint64_t offset, size_t len)
{
	void *bytes = malloc(len);

	if (!bytes || pread(fd, bytes, len, (off_t)offset) != (ssize_t)len)
		abort();
	put_write(object, offset, bytes, len);
	free(bytes);
}

static void put_object(enum history_kind kind, uint64_t object, uint64_t length)
{
	struct history_record r = { .kind = kind, .object = object, .length = length };

	put(&r, "", "", NULL);
}

void history_note(const void *bytes, size_t len)
{
	struct history_record r = { .kind = HISTORY_NOTE, .length = len };

	if (!recording)
		return;
	pthread_mutex_lock(&lock);
	put(&r, "", "", bytes);
	pthread_mutex_unlock(&lock);
}

static void put_tree(int fd, uint64_t number);

static void put_entry(int directory_fd, uint64_t directory, const char *name)
{
	int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct place p = { .directory = directory };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	snprintf(p.name, sizeof(p.name), "%s", name);
	put_at(S_ISDIR(st.st_mode) ? HISTORY_MAKE_DIRECTORY : HISTORY_CREATE, st.st_ino, &p);
	if (S_ISDIR(st.st_mode))
		put_tree(fd, st.st_ino);
	else if (st.st_size)
		put_written(fd, st.st_ino, 0, (size_t)st.st_size);
	put_object(HISTORY_SYNC, st.st_ino, 0);
	close(fd);
}

/* What is in a directory already. */
static void put_tree(int fd, uint64_t number)
{
	DIR *d = fdopendir(dup(fd));
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			put_entry(fd, number, e->d_name);
	if (d)
		closedir(d);
	put_object(HISTORY_SYNC, number, 0);
}

/* A process that goes on with a history of another finds what that one has left. */
static void put_start(const char *under)
{
	int fd = open(under, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fstat(LOG_FD, &st) < 0)
		abort();
	put_object(HISTORY_ROOT, object_at(AT_FDCWD, under, 0), 0);
	if (st.st_size == 0 && fd >= 0)
		put_tree(fd, object_at(AT_FDCWD, under, 0));
	if (fd >= 0)
		close(fd);
	put_object(HISTORY_START, 0, 0);
}

void history_begin(const char *file, const char *under, bool is_plain)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || dup3(fd, LOG_FD, O_CLOEXEC) < 0)
		abort();
	close(fd);
	put_start(under);
	plain = is_plain;
	recording = true;
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv(HISTORY_FILE), *under = getenv(HISTORY_UNDER);

	if (file && under)
		history_begin(file, under, getenv(HISTORY_PLAIN));
}

/*
 * Where the next write() to a descriptor goes. To ask for it, as with lseek(), is more than a
 * filter may let a daemon do; they write from the beginning to the end, or say where.
 */
static uint64_t positions[LOG_FD];
static bool appends[LOG_FD]; /* opened so that it goes to the end */

static void set_position(int fd, uint64_t position)
{
	if (fd >= LOG_FD)
		abort();
	if (fd >= 0)
		positions[fd] = position;
}

static uint64_t advance(int fd, ssize_t n)
{
	uint64_t at = positions[fd];
	struct stat st;

	if (appends[fd] && fstat(fd, &st) == 0)
		return (uint64_t)(st.st_size - n);
	set_position(fd, at + (uint64_t)n);
	return at;
}

off_t lseek(int fd, off_t offset, int whence)
{
	off_t at = NEXT(lseek)(fd, offset, whence);
	uint64_t object;

	if (at >= 0 && is_file(fd, &object))
		set_position(fd, (uint64_t)at);
	return at;
}

off_t lseek64(int fd, off_t offset, int whence)
{
	return lseek(fd, offset, whence);
}

/* --- opening ------------------------------------------------------------------------------- */

static int open_plain(int at_fd, const char *path, int flags, mode_t mode)
{
	int fd = NEXT(openat)(at_fd, path, flags, mode);

	set_position(fd, 0);
	if (fd >= 0)
		appends[fd] = flags & O_APPEND;
	return fd;
}

static int record_open(int at_fd, const char *path, int flags, mode_t mode)
{
	bool nameless = (flags & O_TMPFILE) == O_TMPFILE, fresh;
	struct place p = { 0 };
	uint64_t object;
	int fd;

	if (!recording || !(flags & (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))))
		return open_plain(at_fd, path, flags, mode);
	if (nameless && plain) {
		errno = EOPNOTSUPP;
		return -1;
	}
	pthread_mutex_lock(&lock);
	fresh = nameless || ((flags & O_CREAT) && !object_at(at_fd, path, 0));
	fd = open_plain(at_fd, path, flags, mode);
	if (fd >= 0 && is_file(fd, &object)) {
		if (nameless)
			p.directory = object_at(at_fd, path, 0);
		else
			p = place_of(at_fd, path);
		if (fresh)
			put_at(HISTORY_CREATE, object, &p);
		else if (flags & O_TRUNC)
			put_object(HISTORY_TRUNCATE, object, 0);
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

OPENING_ALL(record_open)

/* --- bytes --------------------------------------------------------------------------------- */

/* Does it, where `call` gives the number of bytes, and then `put`, which may use `object` and `done`. */
#define PUTTING(fd, call, put)                                                                     \
	do {                                                                                       \
		uint64_t object;                                                                   \
		ssize_t done;                                                                      \
                                                                                                   \
		if (!is_file(fd, &object))                                                         \
			return call;                                                               \
		pthread_mutex_lock(&lock);                                                         \
		done = call;                                                                       \
		if (done > 0)                                                                      \
			put;                                                                       \
		pthread_mutex_unlock(&lock);                                                       \
		return done;                                                                       \
	} while (0)

/* Writes down what it has put, and where. */
#define WRITING(fd, call, offset, bytes)                                                           \
	PUTTING(fd, call, put_write(object, (uint64_t)(offset), bytes, (size_t)done))

/* The same of bytes that are not in hand: the file itself must be read, so it is open for that, too. */
#define MOVING(fd, call, offset)                                                                   \
	PUTTING(fd, call, put_written(fd, object, (uint64_t)(offset), (size_t)done))

ssize_t write(int fd, const void *bytes, size_t len)
{
	WRITING(fd, NEXT(write)(fd, bytes, len), advance(fd, done), bytes);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	WRITING(fd, NEXT(pwrite)(fd, bytes, len, offset), offset, bytes);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	WRITING(fd, NEXT(pwrite64)(fd, bytes, len, offset), offset, bytes);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	MOVING(fd, NEXT(writev)(fd, parts, n), advance(fd, done));
}

ssize_t copy_file_range(int in_fd, off_t *in, int fd, off_t *out, size_t len, unsigned int flags)
{
	MOVING(fd, NEXT(copy_file_range)(in_fd, in, fd, out, len, flags),
	       out ? (uint64_t)(*out - done) : advance(fd, done));
}

ssize_t sendfile(int fd, int in_fd, off_t *in, size_t len)
{
	MOVING(fd, NEXT(sendfile)(fd, in_fd, in, len), advance(fd, done));
}

ssize_t sendfile64(int fd, int in_fd, off_t *in, size_t len)
{
	return sendfile(fd, in_fd, in, len);
}

ssize_t splice(int in_fd, off_t *in, int fd, off_t *out, size_t len, unsigned int flags)
{
	MOVING(fd, NEXT(splice)(in_fd, in, fd, out, len, flags),
	       out ? (uint64_t)(*out - done) : advance(fd, done));
}

/* A call on one object, that gives 0 where it was done. */
#define DOING(fd, call, kind, length)                                                              \
	do {                                                                                       \
		uint64_t object = 0;                                                               \
		struct stat st;                                                                    \
		int r;                                                                             \
                                                                                                   \
		if (!recording || fstat(fd, &st) < 0)                                              \
			return call;                                                               \
		object = st.st_ino;                                                                \
		pthread_mutex_lock(&lock);                                                         \
		r = call;                                                                          \
		if (r == 0)                                                                        \
			put_object(kind, object, (uint64_t)(length));                              \
		pthread_mutex_unlock(&lock);                                                       \
		return r;                                                                          \
	} while (0)

int ftruncate(int fd, off_t length)
{
	DOING(fd, NEXT(ftruncate)(fd, length), HISTORY_TRUNCATE, length);
}

int ftruncate64(int fd, off_t length)
{
	DOING(fd, NEXT(ftruncate64)(fd, length), HISTORY_TRUNCATE, length);
}

/* It may have made the file longer, and nothing else that can be seen. */
int fallocate(int fd, int mode, off_t offset, off_t len)
{
	DOING(fd, NEXT(fallocate)(fd, mode, offset, len), HISTORY_TRUNCATE,
	      fstat(fd, &st) == 0 ? st.st_size : 0);
}

int fallocate64(int fd, int mode, off_t offset, off_t len)
{
	return fallocate(fd, mode, offset, len);
}

int fsync(int fd)
{
	DOING(fd, NEXT(fsync)(fd), HISTORY_SYNC, 0);
}

int fdatasync(int fd)
{
	DOING(fd, NEXT(fdatasync)(fd), HISTORY_SYNC, 0);
}

/* --- names --------------------------------------------------------------------------------- */

static int record_unlink(int at_fd, const char *path, int flags)
{
	struct place p;
	int r;

	if (!recording)
		return NEXT(unlinkat)(at_fd, path, flags);
	pthread_mutex_lock(&lock);
	p = place_of(at_fd, path);
	r = NEXT(unlinkat)(at_fd, path, flags);
	if (r == 0)
		put_at(HISTORY_UNLINK, 0, &p);
	pthread_mutex_unlock(&lock);
	return r;
}

int unlinkat(int at_fd, const char *path, int flags)
{
	return record_unlink(at_fd, path, flags);
}

int unlink(const char *path)
{
	return record_unlink(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return record_unlink(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int at_fd, const char *path, mode_t mode)
{
	struct place p;
	int r;

	if (!recording)
		return NEXT(mkdirat)(at_fd, path, mode);
	pthread_mutex_lock(&lock);
	r = NEXT(mkdirat)(at_fd, path, mode);
	p = place_of(at_fd, path);
	if (r == 0)
		put_at(HISTORY_MAKE_DIRECTORY, object_at(at_fd, path, 0), &p);
	pthread_mutex_unlock(&lock);
	return r;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	struct place p;
	int r;

	if (!recording)
		return NEXT(linkat)(from_fd, from, to_fd, to, flags);
	pthread_mutex_lock(&lock);
	r = NEXT(linkat)(from_fd, from, to_fd, to, flags);
	p = place_of(to_fd, to);
	if (r == 0)
		put_at(HISTORY_LINK, object_at(to_fd, to, AT_SYMLINK_NOFOLLOW), &p);
	pthread_mutex_unlock(&lock);
	return r;
}

int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	struct history_record r = { .kind = HISTORY_RENAME };
	struct place p, q;
	int done;

	if (!recording)
		return NEXT(renameat2)(from_fd, from, to_fd, to, flags);
	pthread_mutex_lock(&lock);
	p = place_of(from_fd, from);
	q = place_of(to_fd, to);
	done = NEXT(renameat2)(from_fd, from, to_fd, to, flags);
	r.object = object_at(to_fd, to, AT_SYMLINK_NOFOLLOW);
	r.directory = p.directory;
	r.to_directory = q.directory;
	if (done == 0)
		put(&r, p.name, q.name, NULL);
	pthread_mutex_unlock(&lock);
	return done;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
