/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A body that is a command comes in a memfd that nobody can change any more, and is part of the
 * request: it is held against the signed hash and every other digest before anything in it is read.
 */

#include "s3/request.h"
#include "stored/hasher.h"

/* Whether fd is a memfd with all four seals and of exactly this size: else the peer is to blame. */
must_check bool command_is_sealed(int fd, uint32_t len);

/*
 * Reads it into fresh memory, the caller's to free, and checks it. 0; the enum s3_error with a literal
 * sentence; or -errno.
 */
must_check int command_read(int fd, uint32_t len, const struct s3_request *r,
			    const struct hash_methods *methods, uint8_t **ret,
			    const char **ret_detail);
