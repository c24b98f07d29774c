/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is read whole before it is sent to authd: a file, or standard input. */

#include "base/buffer.h"
#include "client/complaint.h"

/* A buffer for input_read() that takes so many bytes. */
#define INPUT_INIT(most) BUFFER_INIT((most) + INPUT_PIECE)
#define INPUT_PIECE 4096

/* Appends the file to *ret; "-" is standard input. -EFBIG where it is longer than that takes. */
must_check int input_read(const char *path, struct buffer *ret, struct complaint *why);

/* "standard input" for "-", else the path: for sentences. */
const char *input_name(const char *path);
