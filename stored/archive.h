/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a channel has on which things are asked that take long: the snapshot that a backup is made of, or the restoration that
 * one is brought back by. The channel and each of its calls hold a reference; with the last one it goes, and
 * with it what it keeps from being deleted. The functions for calls stand in the place of a handler.
 */

#include "base/defs.h"

struct archive;
struct call;

must_check int archive_new(struct archive **ret);
struct archive *archive_ref(struct archive *a);

/* Lets a reference go. Takes NULL, returns NULL. Any thread. */
struct archive *archive_free(struct archive *a);

/* True once: a channel makes one snapshot, or one restoration, whatever becomes of it. The loop's. */
must_check bool archive_begin(struct archive *a);

/* The channel is gone: what takes long gives up. NULL is fine. */
void archive_stop(struct archive *a);

/* True from then on. */
const _Atomic bool *archive_stopped(const struct archive *a);

/* Makes the snapshot; the answer is an object of two extents, its catalog and its list. */
must_check int archive_snapshot(struct call *c);

/* The blob that the call names. NO_SUCH_KEY. */
must_check int archive_fetch(struct call *c);

/* What comes with the call is as store_begin_restoration() and restoration_take_blob() have it. */
must_check int archive_receive_catalog(struct call *c);
must_check int archive_receive_blob(struct call *c);

/* As restoration_finish() and CHANGE_ADOPT have it. */
must_check int archive_adopt(struct call *c);
