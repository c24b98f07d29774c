/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a parsed request lies in a packet: all that it asks for, and no credential. In grants, and in
 * what an operator asks.
 */

#include "ipc/wire.h"
#include "s3/request.h"

/* The buffer's error tells whether it fits. */
void request_put(struct buffer *b, const struct s3_request *q);

/* Fails the reader where the bytes are no request. What is in *ret is borrowed from them. */
void request_get(struct wire_reader *r, struct s3_request *ret);
