/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/*
 * The golden lists say what a filter lets pass; this says what of it matters. Written from what an
 * attacker would like to call, without looking at policy/rules.h.
 */

#include <assert.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "simulate.h"

#define WORKER (1 << PROCESS_FRONTEND_WORKER)
#define PARENT (1 << PROCESS_FRONTEND_PARENT)
#define AUTHD (1 << PROCESS_AUTHD)
#define STORED (1 << PROCESS_STORED)
#define ALL (WORKER | PARENT | AUTHD | STORED)

#define PID 4711

#define SEQPACKET (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)

/* `allowed_in`: in which processes it may pass; in all others it must not. */
static const struct attempt {
	const char *claim;
	int allowed_in;
	struct call call;
} attempts[] = {
#define ATTEMPT(claim_, allowed_in_, name_, ...)                                                   \
	{ claim_, allowed_in_, { .number = __SNR_##name_, .argument = { __VA_ARGS__ } } },

	ATTEMPT("memory to read and write", ALL, mmap, 0, 4096, PROT_READ | PROT_WRITE)
	ATTEMPT("memory to run", 0, mmap, 0, 4096, PROT_READ | PROT_EXEC)
	ATTEMPT("memory to write and run", 0, mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC)
	ATTEMPT("memory to run, with bits above", 0, mmap, 0, 4096, PROT_EXEC | 1ULL << 32)
	ATTEMPT("memory that was data becomes code", 0, mprotect, 0, 4096, PROT_EXEC)
	ATTEMPT("memory is guarded", ALL, mprotect, 0, 4096, PROT_NONE)
	ATTEMPT("protection keys", 0, pkey_mprotect, 0, 4096, PROT_EXEC)

	ATTEMPT("a TCP socket", 0, socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC)
	ATTEMPT("a TCP socket over IPv6", 0, socket, AF_INET6, SOCK_STREAM)
	ATTEMPT("a packet socket", 0, socket, AF_PACKET, SOCK_RAW)
	ATTEMPT("a netlink socket", 0, socket, AF_NETLINK, SOCK_RAW)
	ATTEMPT("a hash through AF_ALG", 0, socket, AF_ALG, SOCK_SEQPACKET)
	ATTEMPT("a UNIX stream, such as to a session bus", 0, socket, AF_UNIX, SOCK_STREAM)
	ATTEMPT("a UNIX datagram, such as to the journal", 0, socket, AF_UNIX, SOCK_DGRAM)
	ATTEMPT("a channel", PARENT | STORED, socket, AF_UNIX, SEQPACKET)
	ATTEMPT("a channel is dialled", PARENT | STORED, connect, 3)
	ATTEMPT("somebody is waited for", 0, bind, 3)
	ATTEMPT("somebody is waited for", PARENT, listen, 3, 1)
	ATTEMPT("a connection is shut down", WORKER | PARENT, shutdown, 3, SHUT_RDWR)
	ATTEMPT("a shared socket makes others wait", 0, fcntl, 3, F_SETFL, O_RDWR)
	ATTEMPT("a socket never makes one wait", ALL, fcntl, 3, F_SETFL, O_RDWR | O_NONBLOCK)
	ATTEMPT("an old socket call", 0, accept, 3)
	ATTEMPT("a connection is taken", ALL, accept4, 3, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK)
	ATTEMPT("urgent data is sent", 0, sendmsg, 3, 0, MSG_OOB)
	ATTEMPT("urgent data is sent", 0, sendto, 3, 0, 0, MSG_OOB | MSG_NOSIGNAL)
	ATTEMPT("urgent data is sent", 0, sendmmsg, 3, 0, 1, MSG_OOB)
	ATTEMPT("urgent data is received", 0, recvmsg, 3, 0, MSG_OOB)
	ATTEMPT("urgent data is received", 0, recvfrom, 3, 0, 0, MSG_OOB)
	ATTEMPT("urgent data is received", 0, recvmmsg, 3, 0, 1, MSG_OOB | MSG_DONTWAIT)
	ATTEMPT("a message with descriptors", ALL, recvmsg, 3, 0, MSG_CMSG_CLOEXEC | MSG_DONTWAIT)
	ATTEMPT("a netfilter table is asked for", 0, getsockopt, 3, IPPROTO_IP, 64)
	ATTEMPT("a netfilter table is set", 0, setsockopt, 3, IPPROTO_IP, 64)
	ATTEMPT("a filter on a socket", 0, setsockopt, 3, SOL_SOCKET, SO_ATTACH_FILTER)
	ATTEMPT("who is that", ALL, getsockopt, 3, SOL_SOCKET, SO_PEERCRED)
	ATTEMPT("no delay", WORKER | PARENT, setsockopt, 3, IPPROTO_TCP, TCP_NODELAY)
	ATTEMPT("another way of sending TCP", 0, setsockopt, 3, IPPROTO_TCP, TCP_ULP)

	ATTEMPT("a file is read", AUTHD | STORED, openat, AT_FDCWD, 0, O_RDONLY | O_CLOEXEC)
	ATTEMPT("a file is made", AUTHD | STORED, openat, AT_FDCWD, 0, O_RDWR | O_CREAT | O_EXCL)
	ATTEMPT("a file without name", STORED, openat, 3, 0, O_TMPFILE | O_WRONLY | O_CLOEXEC)
	ATTEMPT("a handle on a path", 0, openat, AT_FDCWD, 0, O_PATH)
	ATTEMPT("a file past the cache", 0, openat, AT_FDCWD, 0, O_RDWR | O_DIRECT)
	ATTEMPT("an old way to open", 0, open, 0, O_RDONLY)
	ATTEMPT("an old way to make", 0, creat)
	ATTEMPT("a way to open whose flags nobody sees", 0, openat2)
	ATTEMPT("a file by its handle", 0, open_by_handle_at)
	ATTEMPT("a file of any path is looked at", AUTHD | STORED, newfstatat, AT_FDCWD)
	ATTEMPT("a file of any path is looked at", 0, statx, AT_FDCWD)
	ATTEMPT("a file of any path is looked at", 0, stat)
	ATTEMPT("a directory is listed", STORED, getdents64, 3)
	ATTEMPT("a name is given", STORED, linkat, 3, 0, 4, 0, AT_SYMLINK_FOLLOW)
	ATTEMPT("a symbolic link", 0, symlinkat)
	ATTEMPT("a device", 0, mknodat)
	ATTEMPT("a file is given away", 0, fchownat)
	ATTEMPT("a file is given away", 0, fchown)
	ATTEMPT("an attribute is set", 0, fsetxattr)
	ATTEMPT("a directory becomes the root", 0, chroot)
	ATTEMPT("something is mounted", 0, mount)
	ATTEMPT("something is mounted", 0, fsopen)
	ATTEMPT("something is mounted", 0, move_mount)
	ATTEMPT("somebody watches files", 0, inotify_add_watch)
	ATTEMPT("somebody watches files", 0, fanotify_init)
	ATTEMPT("a lease on a file", 0, fcntl, 3, F_SETLEASE)
	ATTEMPT("signals for a descriptor", 0, fcntl, 3, F_SETOWN)
	ATTEMPT("signals for a descriptor", 0, fcntl, 3, F_SETSIG)
	ATTEMPT("a lock on a file", AUTHD | STORED, fcntl, 3, F_SETLK)
	ATTEMPT("a memfd is sealed", WORKER | PARENT, fcntl, 3, F_ADD_SEALS)
	ATTEMPT("a memfd in huge pages", 0, memfd_create, 0, MFD_CLOEXEC | MFD_HUGETLB)
	ATTEMPT("a secret memfd", 0, memfd_secret)
	ATTEMPT("a reflink", 0, ioctl, 3, FICLONE)
	ATTEMPT("a file becomes immutable", 0, ioctl, 3, FS_IOC_SETFLAGS)
	ATTEMPT("input for a terminal", 0, ioctl, 0, TIOCSTI)
	ATTEMPT("input for a console", 0, ioctl, 0, TIOCLINUX)
	ATTEMPT("is it a terminal", 0, ioctl, 0, TCGETS)
	ATTEMPT("what a socket has not sent", WORKER | PARENT, ioctl, 3, SIOCOUTQ)
	ATTEMPT("the interfaces there are", 0, ioctl, 3, SIOCGIFCONF)
	ATTEMPT("a corked connection", 0, setsockopt, 3, IPPROTO_TCP, TCP_CORK)

	ATTEMPT("another program", 0, execve)
	ATTEMPT("another program", 0, execveat, 3, 0, 0, 0, AT_EMPTY_PATH)
	ATTEMPT("a child", PARENT, clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)
	ATTEMPT("a thread", 0, clone, CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
	ATTEMPT("a child in a user namespace", 0, clone, CLONE_NEWUSER | SIGCHLD)
	ATTEMPT("a child in a user namespace, as fork(3) would say it", 0, clone,
		CLONE_NEWUSER | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)
	ATTEMPT("a child with flags nobody sees", 0, clone3)
	ATTEMPT("an old child", 0, fork)
	ATTEMPT("an old child", 0, vfork)
	ATTEMPT("a namespace", 0, unshare, CLONE_NEWUSER)
	ATTEMPT("a namespace", 0, setns, 3)
	ATTEMPT("another process is traced", 0, ptrace)
	ATTEMPT("another process is read", 0, process_vm_readv)
	ATTEMPT("another process is written", 0, process_vm_writev)
	ATTEMPT("another process gives a descriptor", 0, pidfd_getfd)
	ATTEMPT("another process is held", 0, pidfd_open)
	ATTEMPT("another process is told to stop", PARENT, kill, PID, SIGTERM)
	ATTEMPT("another process is frozen", 0, kill, PID, SIGSTOP)
	ATTEMPT("everybody is told to stop", PARENT, kill, -1, SIGTERM)
	ATTEMPT("abort(3)", ALL, tgkill, PID, PID, SIGABRT)
	ATTEMPT("another process is aborted", PARENT, tgkill, PID + 1, PID + 1, SIGABRT)
	ATTEMPT("a thread is stopped", 0, tgkill, PID, PID, SIGKILL)
	ATTEMPT("another process is aborted", 0, tkill, PID, SIGABRT)
	ATTEMPT("a signal with a value", 0, rt_sigqueueinfo, PID)
	ATTEMPT("a signal by descriptor", 0, pidfd_send_signal, 3)
	ATTEMPT("another's limits are read", 0, prlimit64, PID, 0, 0, 0x1000)
	ATTEMPT("its own limits are set", 0, prlimit64, 0, 0, 0x1000, 0)
	ATTEMPT("its own limits are set, above 4 GiB", 0, prlimit64, 0, 0, 1ULL << 32, 0)
	ATTEMPT("its own limits are read", ALL, prlimit64, 0, 0, 0, 0x1000)
	ATTEMPT("it becomes dumpable", 0, prctl, PR_SET_DUMPABLE, 1)
	ATTEMPT("somebody may trace it", 0, prctl, PR_SET_PTRACER, PID)
	ATTEMPT("an ambient capability", 0, prctl, PR_CAP_AMBIENT)
	ATTEMPT("its ids", 0, setresuid)
	ATTEMPT("its capabilities", 0, capset)
	ATTEMPT("its personality", 0, personality, 0x0400000)
	ATTEMPT("a lock with inheritance", 0, futex, 0, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG)
	ATTEMPT("waiters change locks", 0, futex, 0, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG)
	ATTEMPT("a lock", ALL, futex, 0, FUTEX_WAIT | FUTEX_PRIVATE_FLAG)

	ATTEMPT("io_uring", 0, io_uring_setup)
	ATTEMPT("io_uring", 0, io_uring_enter)
	ATTEMPT("io_uring", 0, io_uring_register)
	ATTEMPT("BPF", 0, bpf)
	ATTEMPT("performance counters", 0, perf_event_open)
	ATTEMPT("page faults by hand", 0, userfaultfd)
	ATTEMPT("the kernel's keys", 0, keyctl)
	ATTEMPT("the kernel's keys", 0, add_key)
	ATTEMPT("a kernel module", 0, finit_module)
	ATTEMPT("another kernel", 0, kexec_load)
	ATTEMPT("pages of a file in a pipe", 0, splice)
	ATTEMPT("pages of a file in a pipe", 0, tee)
	ATTEMPT("pages of memory in a pipe", 0, vmsplice)
	ATTEMPT("System V memory", 0, shmget)
	ATTEMPT("System V messages", 0, msgget)
	ATTEMPT("POSIX messages", 0, mq_open)
	ATTEMPT("the clock", 0, clock_settime)
	ATTEMPT("a filter that answers to somebody", 0, seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER)
	ATTEMPT("a filter for itself", PARENT, seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC)
	ATTEMPT("the strict mode", 0, seccomp, SECCOMP_SET_MODE_STRICT)
};

/* A number below zero is libseccomp's word for a call that this architecture does not have. */
static int check(const struct attempt *a, enum process p, const struct filter *f)
{
	bool passes = simulate(f, a->call) == SECCOMP_RET_ALLOW;

	if (passes == (bool)(a->allowed_in & (1 << p)))
		return 0;
	fprintf(stderr, "%s: %s (call %d) %s\n", process_name(p), a->claim, a->call.number,
		passes ? "passes" : "is refused");
	return 1;
}

int main(void)
{
	int failed = 0;

	for (enum process p = 0; p < PROCESSES; p++) {
		struct filter *f;

		assert(filter_compile(p, &f) == 0);
		filter_fill_in(f, PID);
		for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
			failed += check(&attempts[i], p, f);
		filter_free(f);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
