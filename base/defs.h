/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The words every file of Coffer may use: results that must be looked at, locals that clean up
 * after themselves, ownership that moves visibly. Knows nothing of what Coffer does.
 *
 * Results of fallible functions: 0 is done, a positive value is an outcome that the function's
 * header names, a negative one is -errno.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(at, first) __attribute__((format(printf, at, first)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)
#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Defines x_freep() for use with _cleanup_ from x_free(), which returns the empty value. */
#define DEFINE_CLEANUP(type, f)                                                                    \
	static inline void f##p(type *p)                                                           \
	{                                                                                          \
		if (*p)                                                                            \
			f(*p);                                                                     \
	}

/* Moves a pointer out of its owner, who is left with NULL. */
#define steal_ptr(p)                                                                               \
	({                                                                                         \
		__typeof__(p) stolen_ = (p);                                                       \
		(p) = NULL;                                                                        \
		stolen_;                                                                           \
	})

/* Moves a descriptor out of its owner, who is left with -1. */
#define steal_fd(fd)                                                                               \
	({                                                                                         \
		int stolen_ = (fd);                                                                \
		(fd) = -1;                                                                         \
		stolen_;                                                                           \
	})

static inline void freep(void *p)
{
	free(*(void **)p);
}

/*
 * An outcome that the caller did not expect is a bug of ours: fold() notes the place on stderr and
 * yields -EPROTO. Negative results pass through unchanged, 0 must not come here.
 */
#define fold(r) fold_at((r), __FILE__, __LINE__)
int fold_at(int r, const char *file, int line);
