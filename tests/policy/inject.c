/* SPDX-License-Identifier: Apache-2.0 */

/*
 * inject TID NUMBER ARGUMENT...: makes one system call in a thread of another process, as whoever
 * took that thread over could, and prints what it returned, or "died". An argument is a number, or
 * a text behind `@`, whose address is passed. Needs root. The thread then goes on as before.
 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/defs.h"

#define ARGUMENTS_MAX 6
#define TEXTS_SIZE    512
#define ATTEMPTS      200
#define ATTEMPT_US    5000

#if defined(__x86_64__)

static int fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

/* 1: it stopped; 0: it is gone. */
static int wait_for_stop(pid_t tid)
{
	int status;

	if (waitpid(tid, &status, __WALL) < 0)
		return errno == ECHILD ? 0 : -errno;
	return WIFSTOPPED(status);
}

/* Then the instruction before where it stopped is the one that makes calls, for ours, too. */
static bool is_in_call(pid_t tid, const struct user_regs_struct *regs)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, tid, regs->rip - 2, 0);
	return errno == 0 && (word & 0xffff) == 0x050f && (long long)regs->orig_rax >= 0;
}

/* A thread that is computing comes to a call of its own soon. */
static int stop_in_call(pid_t tid, struct user_regs_struct *ret)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0 || wait_for_stop(tid) <= 0 ||
		    ptrace(PTRACE_GETREGS, tid, 0, ret) < 0)
			return -errno;
		if (is_in_call(tid, ret))
			return 0;
		if (ptrace(PTRACE_CONT, tid, 0, 0) < 0)
			return -errno;
		usleep(ATTEMPT_US);
	}
	return -ETIMEDOUT;
}

static int poke(pid_t tid, uint64_t to, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += sizeof(long)) {
		long word;

		memcpy(&word, bytes + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, tid, to + i, word) < 0)
			return -errno;
	}
	return 0;
}

/* Texts go to the stack, below what the function that made the call may use without moving it. */
static int set_arguments(pid_t tid, struct user_regs_struct *regs, int argc, char **argv)
{
	unsigned long long *const to[ARGUMENTS_MAX] = { &regs->rdi, &regs->rsi, &regs->rdx,
							&regs->r10, &regs->r8, &regs->r9 };
	uint64_t texts_at = (regs->rsp - 4096) & ~UINT64_C(15);
	char texts[TEXTS_SIZE] = { 0 };
	size_t used = 0;

	for (int i = 0; i < argc && i < ARGUMENTS_MAX; i++) {
		if (argv[i][0] != '@') {
			*to[i] = strtoull(argv[i], NULL, 0);
			continue;
		}
		if (used + strlen(argv[i]) > sizeof(texts))
			return -E2BIG;
		strcpy(texts + used, argv[i] + 1);
		*to[i] = texts_at + used;
		used += strlen(argv[i]);
	}
	return poke(tid, texts_at, texts, sizeof(texts));
}

static int make_call(pid_t tid, const struct user_regs_struct *before, int argc, char **argv)
{
	struct user_regs_struct regs = *before;
	int r;

	regs.rax = strtoull(argv[0], NULL, 0);
	regs.orig_rax = -1ULL; /* else the kernel would go back to the call it was in */
	regs.rip -= 2;
	r = set_arguments(tid, &regs, argc - 1, argv + 1);
	if (r < 0)
		return r;
	if (ptrace(PTRACE_SETREGS, tid, 0, &regs) < 0 || ptrace(PTRACE_SINGLESTEP, tid, 0, 0) < 0)
		return -errno;
	r = wait_for_stop(tid);
	if (r < 0)
		return r;
	if (r == 0 || ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0) {
		puts("died");
		return 0;
	}
	printf("%lld\n", (long long)regs.rax);
	return ptrace(PTRACE_SETREGS, tid, 0, before) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct user_regs_struct regs;
	pid_t tid;
	int r;

	if (argc < 3 || argc > 3 + ARGUMENTS_MAX) {
		fprintf(stderr, "usage: inject TID NUMBER ARGUMENT...\n");
		return 2;
	}
	tid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0)
		return fail("seize");
	r = stop_in_call(tid, &regs);
	if (r == 0)
		r = make_call(tid, &regs, argc - 2, argv + 2);
	ptrace(PTRACE_DETACH, tid, 0, 0);
	errno = -r;
	return r < 0 ? fail("call") : EXIT_SUCCESS;
}

#else

int main(void)
{
	fprintf(stderr, "inject: not for this architecture\n");
	return 77;
}

#endif
