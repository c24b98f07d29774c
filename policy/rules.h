/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which system calls each process may still make once it has started. filter.c compiles these
 * lists, docs/policy.md is printed from them, and nothing else in Coffer says it again.
 *
 * A row is X(call, action, when, why):
 *
 *	action	ALLOW, or ERROR(errno) for what a library merely tries and can do without
 *	when	ALWAYS, or WHEN(...) with up to three conditions that must all hold
 *	why	what would not work without the row
 *
 * Several rows of one call are alternatives. What no row lets pass, ends the process; calls that
 * are newer than these lists (RULES_NEWEST_CALL) say ENOSYS, so that a later C library falls back.
 *
 * A filter sees numbers, never what a pointer leads to. So conditions are only "equals" and "has no
 * other bits than"; the kernel reads all arguments tested here but the LONG ones as 32 bits, and so
 * do they. A path or an address is Landlock's matter, and the process's that owns the directory.
 */

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "policy/rule.h"

/* mseal(2), Linux 6.10. The kernel numbers what comes later alike on all architectures. */
#define RULES_NEWEST_CALL 462

/*
 * Sets of flags that rows share. Of a message above all not MSG_OOB, whose code in AF_UNIX has let
 * sandboxed processes into the kernel. RULES_FORK is what fork(3) of the C library asks for, to the
 * bit: no namespace, no shared memory.
 */
#define RULES_SETS(X)                                                                              \
	X(RULES_MESSAGE_FLAGS, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE | MSG_EOR | MSG_PEEK |       \
				       MSG_TRUNC | MSG_WAITALL | MSG_WAITFORONE |                  \
				       MSG_CMSG_CLOEXEC)                                           \
	X(RULES_SOCKET_FLAGS, SOCK_CLOEXEC | SOCK_NONBLOCK)                                        \
	X(RULES_OPEN_FLAGS, O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK |       \
				    O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | O_NOCTTY)               \
	X(RULES_FORK, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)

enum rules_set {
#define RULES_SET(name_, bits_) name_ = (bits_),
	RULES_SETS(RULES_SET)
#undef RULES_SET
};

/* Every process: waiting, memory, clocks, threads that are already there, and an orderly end. */
#define RULES_COMMON(X)                                                                            \
	X(read, ALLOW, ALWAYS, "descriptors it was given: sockets, pipes, events")                 \
	X(write, ALLOW, ALWAYS, "pipes, events, the log on stderr")                                \
	X(writev, ALLOW, ALWAYS, "the C library's last words")                                     \
	X(pread64, ALLOW, ALWAYS, "files at an offset: blobs, sealed memfds, catalogs")            \
	X(close, ALLOW, ALWAYS, "descriptors that have served")                                    \
	X(fstat, ALLOW, ALWAYS, "size and kind of an open file")                                   \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_SETFD)), "opendir(3) and SQLite set close-on-exec")       \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_GETFL)), "O_NONBLOCK is checked")                         \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_SETFL), EQUALS(2, O_RDWR | O_NONBLOCK)),                  \
	  "O_NONBLOCK is set, and never taken from a socket that others share")                    \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_GET_SEALS)), "a memfd passed in is sealed, or refused")   \
	X(ioctl, ERROR(ENOTTY), WHEN(EQUALS(1, TCGETS)), "stdio asks whether it is a terminal")    \
	X(epoll_ctl, ALLOW, ALWAYS, "the event loop's sources")                                    \
	X(epoll_wait, ALLOW, ALWAYS, "the event loop")                                             \
	X(epoll_pwait, ALLOW, ALWAYS, "the event loop, as some C libraries spell it")              \
	X(sendmsg, ALLOW, WHEN(WITHIN(2, RULES_MESSAGE_FLAGS)), "messages with descriptors")       \
	X(sendmmsg, ALLOW, WHEN(WITHIN(3, RULES_MESSAGE_FLAGS)), "several messages at once")       \
	X(sendto, ALLOW, WHEN(WITHIN(3, RULES_MESSAGE_FLAGS)), "send(2): answers, notifications")  \
	X(recvmsg, ALLOW, WHEN(WITHIN(2, RULES_MESSAGE_FLAGS)), "messages with descriptors")       \
	X(recvmmsg, ALLOW, WHEN(WITHIN(3, RULES_MESSAGE_FLAGS)), "several messages at once")       \
	X(recvfrom, ALLOW, WHEN(WITHIN(3, RULES_MESSAGE_FLAGS)), "recv(2): requests")              \
	X(accept4, ALLOW, WHEN(WITHIN(3, RULES_SOCKET_FLAGS)), "whoever connects")                 \
	X(getsockopt, ALLOW, WHEN(EQUALS(1, SOL_SOCKET), EQUALS(2, SO_PEERCRED)),                  \
	  "which uid connected")                                                                   \
	X(mmap, ALLOW, WHEN(WITHIN_LONG(2, PROT_READ | PROT_WRITE)),                               \
	  "memory, and files in it; nothing executable")                                           \
	X(mprotect, ALLOW, WHEN(WITHIN_LONG(2, PROT_READ | PROT_WRITE)),                           \
	  "malloc arenas grow, guarded memory opens and closes; nothing becomes executable")       \
	X(munmap, ALLOW, ALWAYS, "memory given back")                                              \
	X(mremap, ALLOW, ALWAYS, "large allocations that grow")                                    \
	X(brk, ALLOW, ALWAYS, "the heap")                                                          \
	X(madvise, ALLOW, WHEN(EQUALS(2, MADV_DONTNEED)), "malloc gives pages back")               \
	X(madvise, ALLOW, WHEN(EQUALS(2, MADV_FREE)), "malloc gives pages back, lazily")           \
	X(futex, ALLOW, WHEN(EQUALS(1, FUTEX_WAKE_PRIVATE)), "locks and conditions")               \
	X(futex, ALLOW, WHEN(EQUALS(1, FUTEX_WAIT_PRIVATE)), "locks")                              \
	X(futex, ALLOW, WHEN(EQUALS(1, FUTEX_WAIT_BITSET_PRIVATE)),                                \
	  "conditions with a CLOCK_MONOTONIC deadline")                                            \
	X(futex, ALLOW, WHEN(EQUALS(1, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME)),         \
	  "conditions")                                                                            \
	X(futex, ALLOW, WHEN(EQUALS(1, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME)),                 \
	  "pthread_join(3): the kernel wakes it with a shared futex")                              \
	X(sched_getaffinity, ALLOW, WHEN(EQUALS(0, 0)), "malloc counts processors for its arenas") \
	X(set_robust_list, ALLOW, ALWAYS, "a thread's first act, which may come after the filter") \
	X(rseq, ALLOW, ALWAYS, "a thread's second act")                                            \
	X(prctl, ALLOW, WHEN(EQUALS(0, PR_SET_NAME)), "a thread's name")                           \
	X(getpid, ALLOW, ALWAYS, "locks and random generators notice a fork by it")                \
	X(gettid, ALLOW, ALWAYS, "abort(3)")                                                       \
	X(clock_gettime, ALLOW, ALWAYS, "where the vDSO cannot read the clock")                    \
	X(gettimeofday, ALLOW, ALWAYS, "where the vDSO cannot read the clock")                     \
	X(time, ALLOW, ALWAYS, "where the vDSO cannot read the clock")                             \
	X(clock_nanosleep, ALLOW, ALWAYS, "waiting for a moment, such as for a busy database")     \
	X(restart_syscall, ALLOW, ALWAYS, "a wait goes on after SIGSTOP and SIGCONT")              \
	X(getrandom, ALLOW, ALWAYS, "ids, seals, hash seeds")                                      \
	X(sysinfo, ALLOW, ALWAYS, "qsort(3) asks how much memory there is")                        \
	X(prlimit64, ALLOW, WHEN(EQUALS(0, 0), EQUALS_LONG(2, 0)), "sysconf(3) reads its limits")  \
	X(rt_sigaction, ALLOW, ALWAYS, "abort(3) takes handlers away")                             \
	X(rt_sigprocmask, ALLOW, ALWAYS, "signals wait for the loop, or for a thread's end")       \
	X(rt_sigreturn, ALLOW, ALWAYS, "the end of a signal handler")                              \
	X(exit, ALLOW, ALWAYS, "a thread's end")                                                   \
	X(exit_group, ALLOW, ALWAYS, "the process's end")

/*
 * The part of a worker's that its parent must have too, since filters only ever add up. Bodies are
 * read and written, not spliced: through splice(2) who could only read a file has once been able to
 * write to it (CVE-2022-0847), and blobs are passed here as such files.
 */
#define RULES_FRONTEND(X)                                                                          \
	RULES_COMMON(X)                                                                            \
	X(openat, ERROR(EACCES), ALWAYS, "locales: no worker opens a file")                        \
	X(newfstatat, ERROR(EACCES), ALWAYS, "fstat(3) may be this call; but it takes paths, too") \
	X(sendfile, ALLOW, ALWAYS, "a blob to its reader")                                         \
	X(shutdown, ALLOW, ALWAYS, "the end of a connection")                                      \
	X(memfd_create, ALLOW, WHEN(WITHIN(1, MFD_CLOEXEC | MFD_ALLOW_SEALING)),                   \
	  "bodies that are commands")                                                              \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_ADD_SEALS)), "the seals of a memfd")                      \
	X(setsockopt, ALLOW, WHEN(EQUALS(1, IPPROTO_TCP), EQUALS(2, TCP_NODELAY)),                 \
	  "answers leave at once")                                                                 \
	X(ioctl, ALLOW, WHEN(EQUALS(1, SIOCOUTQ)), "how much of an answer its client has taken")

/* A worker: moves bytes between strangers and descriptors that stored handed out. */
#define RULES_FRONTEND_WORKER(X)                                                                   \
	RULES_FRONTEND(X)                                                                          \
	X(tgkill, ALLOW, WHEN(EQUALS(0, THIS_PROCESS), EQUALS(2, SIGABRT)), "abort(3)")

/* The parent: starts workers anew, dials for them, and parses nothing. */
#define RULES_FRONTEND_PARENT(X)                                                                   \
	RULES_FRONTEND(X)                                                                          \
	X(clone, ALLOW, WHEN(EQUALS(0, RULES_FORK)), "fork(3), exactly")                           \
	X(clone3, ERROR(ENOSYS), ALWAYS, "its flags stand behind a pointer; fork(3) falls back")   \
	X(wait4, ALLOW, ALWAYS, "how a worker ended")                                              \
	X(kill, ALLOW, WHEN(EQUALS(1, SIGTERM)), "workers stop")                                   \
	X(kill, ALLOW, WHEN(EQUALS(1, SIGKILL)), "workers that do not stop")                       \
	X(tgkill, ALLOW, WHEN(EQUALS(2, SIGABRT)), "abort(3), of workers to come, too")            \
	X(socketpair, ALLOW,                                                                       \
	  WHEN(EQUALS(0, AF_UNIX), EQUALS(1, SOCK_SEQPACKET | RULES_SOCKET_FLAGS), EQUALS(2, 0)),  \
	  "the line to a new worker")                                                              \
	X(socket, ALLOW,                                                                           \
	  WHEN(EQUALS(0, AF_UNIX), EQUALS(1, SOCK_SEQPACKET | RULES_SOCKET_FLAGS), EQUALS(2, 0)),  \
	  "channels to authd and stored")                                                          \
	X(connect, ALLOW, ALWAYS, "channels; no socket of another kind is to be had")              \
	X(listen, ALLOW, ALWAYS, "a door that a worker has shut opens again")                      \
	X(epoll_create1, ALLOW, ALWAYS, "a new worker's loop")                                     \
	X(signalfd4, ALLOW, ALWAYS, "a new worker's signals")                                      \
	X(prctl, ALLOW, WHEN(EQUALS(0, PR_SET_PDEATHSIG)), "a worker ends with its parent")        \
	X(getppid, ALLOW, ALWAYS, "a worker notices that its parent ended before that")            \
	X(landlock_create_ruleset, ALLOW, WHEN(EQUALS(2, 0)), "a worker's own Landlock domain")    \
	X(landlock_restrict_self, ALLOW, WHEN(EQUALS(1, 0)), "a worker's own Landlock domain")     \
	X(seccomp, ALLOW,                                                                          \
	  WHEN(EQUALS(0, SECCOMP_SET_MODE_FILTER), EQUALS(1, SECCOMP_FILTER_FLAG_TSYNC)),          \
	  "a worker's filter")

/* Who has files of his own: SQLite in WAL mode, below the one directory that Landlock leaves. */
#define RULES_FILES(X)                                                                             \
	RULES_COMMON(X)                                                                            \
	X(tgkill, ALLOW, WHEN(EQUALS(0, THIS_PROCESS), EQUALS(2, SIGABRT)), "abort(3)")            \
	X(newfstatat, ALLOW, ALWAYS, "SQLite looks before it opens; fstat(3) is this call")        \
	X(access, ALLOW, ALWAYS, "is there a journal to roll back")                                \
	X(faccessat, ALLOW, ALWAYS, "access(2), as some C libraries spell it")                     \
	X(readlink, ALLOW, ALWAYS, "SQLite resolves a database's name")                            \
	X(readlinkat, ALLOW, ALWAYS, "readlink(2), as some C libraries spell it")                  \
	X(getcwd, ALLOW, ALWAYS, "SQLite resolves a relative name")                                \
	X(geteuid, ALLOW, ALWAYS, "SQLite asks whether it must give a file away")                  \
	X(fchmod, ALLOW, ALWAYS, "WAL and index get the database's mode whatever the umask")       \
	X(pwrite64, ALLOW, ALWAYS, "pages")                                                        \
	X(fsync, ALLOW, ALWAYS, "durable: directories")                                            \
	X(fdatasync, ALLOW, ALWAYS, "durable: data")                                               \
	X(ftruncate, ALLOW, ALWAYS, "the WAL's limit, the index in shared memory")                 \
	X(unlink, ALLOW, ALWAYS, "WAL and index at the last close")                                \
	X(unlinkat, ALLOW, ALWAYS, "unlink(2), as some C libraries spell it, and blobs")           \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_SETLK)), "SQLite's locks")                                \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_GETLK)), "who holds SQLite's locks")                      \
	X(mlock, ALLOW, ALWAYS, "keys stay out of swap")                                           \
	X(munlock, ALLOW, ALWAYS, "the end of a key")                                              \
	X(madvise, ALLOW, WHEN(EQUALS(2, MADV_DONTDUMP)), "keys stay out of core dumps")           \
	X(madvise, ALLOW, WHEN(EQUALS(2, MADV_DODUMP)), "the end of a key")

/* authd: one database, and whoever connects. It dials nobody. */
#define RULES_AUTHD(X)                                                                             \
	RULES_FILES(X)                                                                             \
	X(openat, ALLOW, WHEN(WITHIN(2, RULES_OPEN_FLAGS)), "its database; Landlock says where")

/* stored: catalogs and blobs; dials authd, again after a loss. */
#define RULES_STORED(X)                                                                            \
	RULES_FILES(X)                                                                             \
	X(openat, ALLOW, WHEN(WITHIN(2, RULES_OPEN_FLAGS | O_TMPFILE)),                            \
	  "catalogs, blobs and staged files; Landlock says where")                                 \
	X(linkat, ALLOW, ALWAYS, "a staged file gets its name")                                    \
	X(renameat2, ALLOW, ALWAYS, "a staged file gets its name where O_TMPFILE is missing")      \
	X(mkdirat, ALLOW, ALWAYS, "tenants' directories")                                          \
	X(getdents64, ALLOW, ALWAYS, "the sweep looks for orphans")                                \
	X(copy_file_range, ALLOW, ALWAYS, "UploadPartCopy of a range")                             \
	X(sync_file_range, ALLOW, ALWAYS, "large uploads start to be written while they come in")  \
	X(fadvise64, ALLOW, ALWAYS, "a failed flush: the pages are dropped and read again")        \
	X(fstatfs, ALLOW, ALWAYS, "is there room")                                                 \
	X(pipe2, ALLOW, WHEN(WITHIN(1, O_CLOEXEC | O_NONBLOCK)), "uploads come in through one")    \
	X(fcntl, ALLOW, WHEN(EQUALS(1, F_SETPIPE_SZ)), "a larger pipe")                            \
	X(socket, ALLOW,                                                                           \
	  WHEN(EQUALS(0, AF_UNIX), EQUALS(1, SOCK_SEQPACKET | RULES_SOCKET_FLAGS), EQUALS(2, 0)),  \
	  "its channel to authd")                                                                  \
	X(connect, ALLOW, ALWAYS, "channels; no socket of another kind is to be had")
