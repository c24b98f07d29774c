/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For libraries that are preloaded into a process and put themselves before the C library. Both names of
 * a call are wanted, as they are called - open() and open64() -, so whoever includes this does it first and is
 * not compiled for large files.
 */

#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>

/* The function that would have been called. */
#define NEXT(name) ((__typeof__(&name))next_of(#name))

static inline void *next_of(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	if (!next)
		abort();
	return next;
}

static inline mode_t mode_of(int flags, va_list rest)
{
	return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(rest, mode_t) : 0;
}

/* Defines one of the calls that open a `path`, which do what `how` does from that directory on. */
#define OPENING(name, how, at_fd, ...)                                                             \
	int name(__VA_ARGS__, int flags, ...)                                                      \
	{                                                                                          \
		va_list rest;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(rest, flags);                                                             \
		mode = mode_of(flags, rest);                                                       \
		va_end(rest);                                                                      \
		return how(at_fd, path, flags, mode);                                              \
	}

#define OPENING_ALL(how)                                                                           \
	OPENING(open, how, AT_FDCWD, const char *path)                                             \
	OPENING(open64, how, AT_FDCWD, const char *path)                                           \
	OPENING(openat, how, directory_fd, int directory_fd, const char *path)                     \
	OPENING(openat64, how, directory_fd, int directory_fd, const char *path)
