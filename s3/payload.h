/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the head says about the body; a part of parsing a request, called by request.c only. */

#include "s3/request.h"

/*
 * Fills payload, payload_sha256, length, trailer, checksum and checksum_algorithm from the operation,
 * headers and parameters. 0, or the enum s3_error.
 */
must_check int payload_parse(struct s3_request *r, const char **ret_detail);
