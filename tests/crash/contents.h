/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the numbers in slots of stored's mean (story.h): names, bytes and documents. */

#include "ipc/wire.h"

#define STORY_BYTES_MAX (64 * 1024)
#define STORY_NAME_MAX	32

/* Odd numbers are blobs, even ones small bodies. */
struct span story_bytes(uint64_t value, uint8_t buf[static STORY_BYTES_MAX]);
struct span story_document(uint64_t value, char buf[static STORY_NAME_MAX]);
const char *story_bucket(unsigned int tenant, unsigned int index, char buf[static STORY_NAME_MAX]);
const char *story_key(unsigned int index, char buf[static STORY_NAME_MAX]);
struct ipc_id story_tenant(unsigned int tenant);
