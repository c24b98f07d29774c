/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which names buckets and objects may have. */

#include "base/span.h"

/*
 * S3's rules for general purpose buckets: 3 to 63 of a-z 0-9 . -, a letter or digit at both ends, no
 * "..", not of the form of an IPv4 address, none of the reserved prefixes and suffixes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
bool bucket_name_is_valid(struct span name);

/*
 * 0, or the enum s3_error: KEY_TOO_LONG, or INVALID_URI for what is no UTF-8 or holds a NUL. `..`, `.`,
 * `//` and slashes at either end are bytes of a key like others. An empty key is INVALID_URI.
 */
must_check int key_check(struct span key);
