/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/lib/preload.h"

/*
 * Preloaded into a process, lets calls fail as the plan in faults.h has it. It makes no call of its own that the
 * filter of a daemon would not let pass.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/lib/faults.h"

/* Out of the way of programs that count theirs. */
#define LOST_FD 901

static struct fault_plan *plan;
static bool losing;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv(FAULTS_PLAN), *lost = getenv(FAULTS_LOST);
	void *mapped;
	int fd;

	if (!file)
		return;
	fd = NEXT(open)(file, O_RDWR | O_CLOEXEC);
	mapped = NEXT(mmap)(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || mapped == MAP_FAILED)
		abort();
	close(fd);
	plan = mapped;
	if (!lost)
		return;
	fd = NEXT(open)(lost, O_RDWR | O_CLOEXEC);
	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0 || dup3(fd, LOST_FD, O_CLOEXEC) < 0)
		abort();
	close(fd);
	losing = true;
}

static bool is_due(enum fault_kind kind, const char *call)
{
	uint64_t nth;

	if (!plan)
		return false;
	nth = atomic_fetch_add(&plan->seen[kind], 1) + 1;
	if (atomic_load(&plan->kind) != kind || nth < plan->first ||
	    nth - plan->first >= plan->count)
		return false;
	atomic_fetch_add(&plan->failed, 1);
	snprintf(plan->call, sizeof(plan->call), "%s", call);
	return true;
}

static bool fails(enum fault_kind kind, const char *call)
{
	bool due = is_due(kind, call);

	if (due)
		errno = (int)plan->error;
	return due;
}

/* The system call itself: the C library's may be one that a filter refuses. */
static bool is_of_kind(int fd, mode_t kind, struct stat *ret)
{
	int error = errno;
	bool is = syscall(SYS_fstat, fd, ret) == 0 && (ret->st_mode & S_IFMT) == kind;

	errno = error;
	return is;
}

static bool is_file(int fd)
{
	struct stat st;

	return plan && is_of_kind(fd, S_IFREG, &st);
}

/* Of a connection of the Internet's nobody knows who is there. */
static bool is_local_socket(int fd)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	struct stat st;

	return plan && is_of_kind(fd, S_IFSOCK, &st) &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid;
}

/* --- memory -------------------------------------------------------------------------------- */

void *malloc(size_t size)
{
	return fails(FAULT_ALLOCATION, "malloc") ? NULL : NEXT(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(FAULT_ALLOCATION, "calloc") ? NULL : NEXT(calloc)(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails(FAULT_ALLOCATION, "realloc") ? NULL : NEXT(realloc)(old, size);
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return fails(FAULT_ALLOCATION, "mmap") ? MAP_FAILED
					       : NEXT(mmap)(at, len, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return mmap(at, len, protection, flags, fd, offset);
}

/* --- what a failed flush loses --------------------------------------------------------------- */

struct unflushed {
	struct fault_loss loss;
	struct unflushed *before; /* written earlier */
	uint8_t bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct unflushed *latest;

/* To be called before it is written to. What is behind the end was nothing. */
static void keep(int fd, size_t len, off_t offset)
{
	struct unflushed *u;
	struct stat st;

	if (!losing || !is_of_kind(fd, S_IFREG, &st))
		return;
	u = NEXT(calloc)(1, sizeof(*u) + len);
	if (!u || syscall(SYS_pread64, fd, u->bytes, len, offset) < 0) {
		NEXT(free)(u);
		return;
	}
	u->loss = (struct fault_loss){ st.st_ino, (uint64_t)offset, len };
	pthread_mutex_lock(&lock);
	u->before = latest;
	latest = u;
	pthread_mutex_unlock(&lock);
}

static void write_down(const struct unflushed *u)
{
	if (syscall(SYS_write, LOST_FD, &u->loss, sizeof(u->loss)) < 0 ||
	    syscall(SYS_write, LOST_FD, u->bytes, u->loss.length) < 0)
		abort();
}

/* What was written to a file is on the disk, or lost. */
static void settle(int fd, bool lost)
{
	struct unflushed **at = &latest;
	struct stat st;

	if (!losing || !is_of_kind(fd, S_IFREG, &st))
		return;
	pthread_mutex_lock(&lock);
	while (*at) {
		struct unflushed *u = *at;

		if (u->loss.inode != st.st_ino) {
			at = &u->before;
			continue;
		}
		*at = u->before;
		if (lost)
			write_down(u);
		NEXT(free)(u);
	}
	pthread_mutex_unlock(&lock);
}

/* Has the file as the disk has it. */
static void bring_back(uint64_t inode, int fd)
{
	static const uint64_t done;
	struct fault_loss loss;
	off_t at = 0;

	while (syscall(SYS_pread64, LOST_FD, &loss, sizeof(loss), at) == sizeof(loss)) {
		void *bytes = loss.inode == inode ? NEXT(malloc)(loss.length) : NULL;

		if (bytes && (syscall(SYS_pread64, LOST_FD, bytes, loss.length,
				      at + (off_t)sizeof(loss)) < 0 ||
			      syscall(SYS_pwrite64, fd, bytes, loss.length, loss.offset) < 0 ||
			      syscall(SYS_pwrite64, LOST_FD, &done, sizeof(done), at) < 0))
			abort();
		NEXT(free)(bytes);
		at += (off_t)(sizeof(loss) + loss.length);
	}
}

int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	char path[32];
	struct stat st;
	int writable;

	if (losing && advice == POSIX_FADV_DONTNEED && is_of_kind(fd, S_IFREG, &st)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		writable = NEXT(open)(path, O_WRONLY | O_CLOEXEC);
		if (writable < 0)
			abort();
		bring_back(st.st_ino, writable);
		close(writable);
	}
	return NEXT(posix_fadvise)(fd, offset, len, advice);
}

int posix_fadvise64(int fd, off64_t offset, off64_t len, int advice)
{
	return posix_fadvise(fd, offset, len, advice);
}

/* --- files ----------------------------------------------------------------------------------- */

static int open_file(int at_fd, const char *path, int flags, mode_t mode)
{
	return fails(FAULT_OPEN, "open") ? -1 : NEXT(openat)(at_fd, path, flags, mode);
}

OPENING_ALL(open_file)

ssize_t read(int fd, void *bytes, size_t len)
{
	return is_file(fd) && fails(FAULT_READ, "read") ? -1 : NEXT(read)(fd, bytes, len);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
	return is_file(fd) && fails(FAULT_READ, "pread") ? -1 : NEXT(pread)(fd, bytes, len, offset);
}

ssize_t pread64(int fd, void *bytes, size_t len, off64_t offset)
{
	return pread(fd, bytes, len, offset);
}

/* Whether it fails; one that is due without an error writes half. */
static bool write_fails(int fd, const char *call, size_t *len)
{
	/* What a daemon says is to be heard. */
	if (fd == STDERR_FILENO || !is_file(fd) || !is_due(FAULT_WRITE, call))
		return false;
	errno = (int)plan->error;
	*len = *len / 2 + *len % 2;
	return plan->error;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	return write_fails(fd, "write", &len) ? -1 : NEXT(write)(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (write_fails(fd, "pwrite", &len))
		return -1;
	keep(fd, len, offset);
	return NEXT(pwrite)(fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

ssize_t copy_file_range(int from, off64_t *in, int fd, off64_t *out, size_t len, unsigned int flags)
{
	return write_fails(fd, "copy_file_range", &len)
		       ? -1
		       : NEXT(copy_file_range)(from, in, fd, out, len, flags);
}

int ftruncate(int fd, off_t len)
{
	return fails(FAULT_WRITE, "ftruncate") ? -1 : NEXT(ftruncate)(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

#define FLUSHING(name)                                                                             	int name(int fd)                                                                           	{                                                                                          		bool fails_now = fails(FAULT_FLUSH, #name);                                        		int r = fails_now ? -1 : NEXT(name)(fd);                                                                                                                                              		settle(fd, fails_now);                                                             		return r;                                                                          	}

FLUSHING(fsync)
FLUSHING(fdatasync)

int sync_file_range(int fd, off64_t offset, off64_t len, unsigned int flags)
{
	return fails(FAULT_FLUSH, "sync_file_range")
		       ? -1
		       : NEXT(sync_file_range)(fd, offset, len, flags);
}

/* --- calls that only fail -------------------------------------------------------------------- */

#define FAILING(kind, type, name, parameters, arguments)                                           	type name parameters                                                                       	{                                                                                          		return fails(kind, #name) ? -1 : NEXT(name) arguments;                             	}

#define NAMING(name, parameters, arguments) FAILING(FAULT_NAME, int, name, parameters, arguments)

NAMING(link, (const char *from, const char *to), (from, to))
NAMING(linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
       (from_fd, from, to_fd, to, flags))
NAMING(rename, (const char *from, const char *to), (from, to))
NAMING(renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
       (from_fd, from, to_fd, to, flags))
NAMING(unlink, (const char *path), (path))
NAMING(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
NAMING(rmdir, (const char *path), (path))
NAMING(mkdir, (const char *path, mode_t mode), (path, mode))
NAMING(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))

#define MAKING(name, parameters, arguments)                                                        \
	FAILING(FAULT_DESCRIPTOR, int, name, parameters, arguments)

MAKING(accept4, (int fd, struct sockaddr *from, socklen_t *len, int flags), (fd, from, len, flags))
MAKING(socket, (int domain, int type, int protocol), (domain, type, protocol))
MAKING(socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
MAKING(pipe2, (int fds[2], int flags), (fds, flags))
MAKING(memfd_create, (const char *name, unsigned int flags), (name, flags))
MAKING(eventfd, (unsigned int n, int flags), (n, flags))
MAKING(epoll_create1, (int flags), (flags))

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_local_socket(fd) && fails(FAULT_SEND, "sendmsg") ? -1
								   : NEXT(sendmsg)(fd, m, flags);
}

int sendmmsg(int fd, struct mmsghdr *m, unsigned int n, int flags)
{
	return is_local_socket(fd) && fails(FAULT_SEND, "sendmmsg")
		       ? -1
		       : NEXT(sendmmsg)(fd, m, n, flags);
}
