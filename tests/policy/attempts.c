/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/defs.h"
#include "scene.h"

#define SEQPACKET (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)

static int outcome(long r)
{
	return r < 0 ? -errno : 0;
}

static int open_at(const char *directory, const char *name, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return outcome(open(path, flags, 0600));
}

/* Files */

static int try_open_foreign(const struct scene *s)
{
	return outcome(open("/etc/passwd", O_RDONLY));
}

static int try_open_outside(const struct scene *s)
{
	return outcome(open(s->outside, O_RDONLY));
}

static int try_make_outside(const struct scene *s)
{
	return open_at(s->root, "made", O_RDWR | O_CREAT | O_EXCL);
}

static int try_open_own(const struct scene *s)
{
	return open_at(s->own, "file", O_RDWR | O_CREAT);
}

static int try_leave_own(const struct scene *s)
{
	return open_at(s->own, "../outside", O_RDONLY);
}

static int try_list_outside(const struct scene *s)
{
	return outcome(open(s->root, O_RDONLY | O_DIRECTORY));
}

/* The descriptor that a worker sends to its client must not become one that changes the blob. */
static int try_reopen_for_writing(const struct scene *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->passed_fd);
	return outcome(open(path, O_RDWR));
}

static int try_write_passed(const struct scene *s)
{
	return outcome(write(s->passed_fd, "x", 1));
}

static int try_read_passed(const struct scene *s)
{
	char c;

	return outcome(pread(s->passed_fd, &c, 1, 0));
}

static int try_link_passed(const struct scene *s)
{
	char from[64], to[PATH_MAX];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", s->passed_fd);
	snprintf(to, sizeof(to), "%s/linked", s->own);
	return outcome(linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
}

/* Out of a file that may only be read into a pipe that may be written: the way of CVE-2022-0847. */
static int try_splice_passed(const struct scene *s)
{
	loff_t offset = 0;

	return outcome(splice(s->passed_fd, &offset, STDOUT_FILENO, NULL, 1, 0));
}

static int try_map_passed_shared(const struct scene *s)
{
	void *p = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, s->passed_fd, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int try_old_open(const struct scene *s)
{
#ifdef SYS_open
	return outcome(syscall(SYS_open, "/etc/passwd", O_RDONLY));
#else
	return outcome(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0));
#endif
}

static int try_openat2(const struct scene *s)
{
	return outcome(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0));
}

static int try_open_handle(const struct scene *s)
{
	return outcome(open("/etc", O_PATH | O_DIRECTORY));
}

static int try_stat(const struct scene *s)
{
	struct stat st;

	return outcome(stat("/etc/passwd", &st));
}

static int try_make_directory(const struct scene *s)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/directory", s->own);
	return outcome(mkdirat(AT_FDCWD, path, 0700)) ?:
	       outcome(unlinkat(AT_FDCWD, path, AT_REMOVEDIR));
}

static int try_symlink(const struct scene *s)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/link", s->own);
	return outcome(symlink("/etc/passwd", path));
}

static int try_make_socket(const struct scene *s)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/node", s->own);
	return outcome(mknod(path, S_IFSOCK | 0600, 0));
}

/* How a blob comes to its name. */
static int try_nameless_file(const struct scene *s)
{
	char from[64], to[PATH_MAX], staging[PATH_MAX];
	int fd, r;

	snprintf(staging, sizeof(staging), "%s/staging", s->own);
	snprintf(to, sizeof(to), "%s/blob", s->own);
	if (mkdirat(AT_FDCWD, staging, 0700) < 0)
		return -errno;
	fd = open(staging, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	r = outcome(write(fd, "x", 1)) ?: outcome(fsync(fd));
	r = r ?: outcome(linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	return r ?: outcome(unlink(to)) ?: outcome(unlinkat(AT_FDCWD, staging, AT_REMOVEDIR));
}

/* Other processes */

static int try_proc(const struct scene *s, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)s->victim, what);
	return outcome(open(path, flags));
}

static int try_proc_memory(const struct scene *s)
{
	return try_proc(s, "mem", O_RDWR);
}

static int try_proc_environment(const struct scene *s)
{
	return try_proc(s, "environ", O_RDONLY);
}

static int try_proc_descriptors(const struct scene *s)
{
	return try_proc(s, "fd", O_RDONLY | O_DIRECTORY);
}

static int try_own_memory(const struct scene *s)
{
	return outcome(open("/proc/self/mem", O_RDWR));
}

static int try_ptrace(const struct scene *s)
{
	return outcome(ptrace(PTRACE_ATTACH, s->victim, 0, 0));
}

static int try_read_process(const struct scene *s)
{
	char c;
	struct iovec v = { &c, 1 };

	return outcome(process_vm_readv(s->victim, &v, 1, &v, 1, 0));
}

static int try_steal_descriptor(const struct scene *s)
{
	return outcome(syscall(SYS_pidfd_open, s->victim, 0));
}

static int try_kill_victim(const struct scene *s)
{
	return outcome(kill(s->victim, SIGTERM));
}

static int try_kill_parent(const struct scene *s)
{
	return outcome(syscall(SYS_tgkill, s->victim, s->victim, SIGABRT));
}

static int try_fork(const struct scene *s)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		for (;;)
			sleep(1);
	if (kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : -EPROTO;
}

static void *nothing(void *argument)
{
	return argument;
}

static int try_thread(const struct scene *s)
{
	pthread_t t;

	return -pthread_create(&t, NULL, nothing, NULL);
}

static int try_namespace(const struct scene *s)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int try_exec(const struct scene *s)
{
	return outcome(execl("/bin/true", "true", NULL));
}

static int try_exec_passed(const struct scene *s)
{
	static char *const nobody[] = { NULL };

	return outcome(fexecve(s->passed_fd, nobody, nobody));
}

/* Memory */

static int try_map(int protection, int flags, int fd)
{
	void *p = mmap(NULL, 4096, protection, flags, fd, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int try_map_executable(const struct scene *s)
{
	return try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int try_map_passed_executable(const struct scene *s)
{
	return try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE, s->passed_fd);
}

static int try_make_executable(const struct scene *s)
{
	static char code[8192] __attribute__((aligned(4096)));

	return outcome(mprotect(code, 4096, PROT_READ | PROT_EXEC));
}

static int try_lock_memory(const struct scene *s)
{
	static char key[32];

	return outcome(mlock(key, sizeof(key))) ?: outcome(munlock(key, sizeof(key)));
}

/* Sockets */

static int try_tcp(const struct scene *s)
{
	return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_stream(const struct scene *s)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int dial(const char *path, size_t first)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	memcpy(address.sun_path + first, path, len);
	fd = socket(AF_UNIX, SEQPACKET, 0);
	if (fd < 0)
		return -errno;
	return outcome(connect(fd, (struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + first + len)));
}

static int try_dial(const struct scene *s)
{
	return dial(s->socket, 0);
}

static int try_dial_abstract(const struct scene *s)
{
	return dial(s->abstract, 1);
}

static int try_connect(const struct scene *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	int r = outcome(connect(s->passed_fd, (struct sockaddr *)&address, sizeof(address)));

	return r == -ENOTSOCK ? 0 : r;
}

/* The kernel's large surfaces, and itself */

static int try_io_uring(const struct scene *s)
{
	struct io_uring_params p = { 0 };

	return outcome(syscall(SYS_io_uring_setup, 1, &p));
}

static int try_bpf(const struct scene *s)
{
	return outcome(syscall(SYS_bpf, 0, NULL, 0));
}

static int try_user_faults(const struct scene *s)
{
	return outcome(syscall(SYS_userfaultfd, 0));
}

static int try_root(const struct scene *s)
{
	return outcome(setuid(0));
}

static int try_dumpable(const struct scene *s)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_limits(const struct scene *s)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	return outcome(setrlimit(RLIMIT_CORE, &limit));
}

static int try_read_limits(const struct scene *s)
{
	struct rlimit limit;

	return outcome(getrlimit(RLIMIT_NOFILE, &limit));
}

/* Of a socket that all workers listen on, so that the others would wait in accept4(2) for ever. */
static int try_make_blocking(const struct scene *s)
{
	return outcome(fcntl(STDERR_FILENO, F_SETFL, O_RDWR));
}

static int try_make_nonblocking(const struct scene *s)
{
	return outcome(fcntl(-1, F_SETFL, O_RDWR | O_NONBLOCK));
}

static int try_listen(const struct scene *s)
{
	return outcome(listen(STDERR_FILENO, 1));
}

static int try_shut_down(const struct scene *s)
{
	return outcome(shutdown(-1, SHUT_RDWR));
}

static int try_future_call(const struct scene *s)
{
	return outcome(syscall(500, 0));
}

#if defined(__x86_64__)
static int try_x32(const struct scene *s)
{
	return outcome(syscall(0x40000000 | SYS_getpid));
}
#endif

static int try_abort(const struct scene *s)
{
	abort();
}

static int try_log(const struct scene *s)
{
	return outcome(write(STDERR_FILENO, "", 0));
}

#define EVERYWHERE(r) { (r), (r), (r), (r) }

/* In the order worker, parent, authd, stored. */
const struct attempt attempts[] = {
	{ "open a file of the system", try_open_foreign, 0, EVERYWHERE(-EACCES) },
	{ "open a file of its own uid outside", try_open_outside, 0, EVERYWHERE(-EACCES) },
	{ "make a file outside", try_make_outside, 0, EVERYWHERE(-EACCES) },
	{ "open a file in its own directory", try_open_own, 0, { -EACCES, -EACCES, 0, 0 } },
	{ "leave its own directory", try_leave_own, 0, EVERYWHERE(-EACCES) },
	{ "list a directory outside", try_list_outside, 0, EVERYWHERE(-EACCES) },
	{ "reopen a passed descriptor for writing", try_reopen_for_writing, 0,
	  EVERYWHERE(-EACCES) },
	{ "write to a descriptor passed for reading", try_write_passed, 0, EVERYWHERE(-EBADF) },
	{ "read from a descriptor passed for reading", try_read_passed, 0, EVERYWHERE(0) },
	{ "splice a passed descriptor", try_splice_passed, 0, EVERYWHERE(DIES) },
	{ "map it for writing", try_map_passed_shared, 0, EVERYWHERE(-EACCES) },
	{ "give a passed descriptor a name", try_link_passed, 0, { DIES, DIES, DIES, -EXDEV } },
	{ "open in the old way", try_old_open, 0, EVERYWHERE(DIES) },
	{ "open with hidden flags", try_openat2, 0, EVERYWHERE(DIES) },
	{ "take a handle on a path", try_open_handle, 0, { -EACCES, -EACCES, DIES, DIES } },
	{ "look at a path", try_stat, 0, { -EACCES, -EACCES, 0, 0 } },
	{ "make and remove a directory", try_make_directory, 0, { DIES, DIES, DIES, 0 } },
	{ "make a symbolic link", try_symlink, 0, EVERYWHERE(DIES) },
	{ "make a socket's node", try_make_socket, 0, EVERYWHERE(DIES) },
	{ "write a file and name it then", try_nameless_file, 0, { DIES, DIES, DIES, 0 } },

	{ "open another's memory", try_proc_memory, 0, EVERYWHERE(-EACCES) },
	{ "open another's environment", try_proc_environment, 0, EVERYWHERE(-EACCES) },
	{ "list another's descriptors", try_proc_descriptors, 0, EVERYWHERE(-EACCES) },
	{ "open its own memory as a file", try_own_memory, 0, EVERYWHERE(-EACCES) },
	{ "trace another", try_ptrace, 0, EVERYWHERE(DIES) },
	{ "read another's memory", try_read_process, 0, EVERYWHERE(DIES) },
	{ "take hold of another", try_steal_descriptor, 0, EVERYWHERE(DIES) },
	{ "kill a process that is not its child", try_kill_victim, FROM_ABI(6),
	  { DIES, -EPERM, DIES, DIES } },
	{ "abort another process", try_kill_parent, FROM_ABI(6), { DIES, -EPERM, DIES, DIES } },
	{ "fork, kill the child and wait for it", try_fork, 0, { DIES, 0, DIES, DIES } },
	{ "start a thread", try_thread, 0, EVERYWHERE(DIES) },
	{ "make a namespace", try_namespace, 0, EVERYWHERE(DIES) },
	{ "run a program", try_exec, 0, EVERYWHERE(DIES) },
	{ "run a passed descriptor", try_exec_passed, 0, EVERYWHERE(DIES) },

	{ "map memory to run", try_map_executable, 0, EVERYWHERE(DIES) },
	{ "map a passed descriptor to run", try_map_passed_executable, 0, EVERYWHERE(DIES) },
	{ "make memory run", try_make_executable, 0, EVERYWHERE(DIES) },
	{ "lock memory", try_lock_memory, 0, { DIES, DIES, 0, 0 } },

	{ "make a TCP socket", try_tcp, 0, EVERYWHERE(DIES) },
	{ "make a stream socket", try_stream, 0, EVERYWHERE(DIES) },
	{ "dial a channel", try_dial, 0, { DIES, 0, DIES, 0 } },
	{ "dial an abstract address", try_dial_abstract, FROM_ABI(6),
	  { DIES, -EPERM, DIES, -EPERM } },
	{ "connect what it has", try_connect, 0, { DIES, 0, DIES, 0 } },

	{ "listen", try_listen, 0, { DIES, -ENOTSOCK, DIES, DIES } },
	{ "make others wait at a shared socket", try_make_blocking, 0, EVERYWHERE(DIES) },
	{ "make a socket never wait", try_make_nonblocking, 0, EVERYWHERE(-EBADF) },
	{ "end a connection", try_shut_down, 0, { -EBADF, -EBADF, DIES, DIES } },

	{ "set up io_uring", try_io_uring, 0, EVERYWHERE(DIES) },
	{ "load a program into the kernel", try_bpf, 0, EVERYWHERE(DIES) },
	{ "handle page faults", try_user_faults, 0, EVERYWHERE(DIES) },
	{ "become root", try_root, 0, EVERYWHERE(DIES) },
	{ "become dumpable", try_dumpable, 0, EVERYWHERE(DIES) },
	{ "raise a limit", try_limits, 0, EVERYWHERE(DIES) },
	{ "read a limit", try_read_limits, 0, EVERYWHERE(0) },
	{ "make a call that is to come", try_future_call, 0, EVERYWHERE(-ENOSYS) },
#if defined(__x86_64__)
	{ "make an x32 call", try_x32, 0, EVERYWHERE(DIES) },
#endif
	{ "abort", try_abort, 0, EVERYWHERE(ABORTS) },
	{ "log", try_log, 0, EVERYWHERE(0) },
};

const int n_attempts = ARRAY_SIZE(attempts);
