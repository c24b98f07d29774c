/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The identities of a tenant in its backup: who they are sealed for, and how they go there and back. */

#include "client/backup/archiver.h"
#include "client/backup/envelope.h"

/*
 * What the command line says of them, before anything is done; asks for a passphrase where there is a
 * terminal. *ret_wanted is false with --without-identities. enum run_outcome.
 */
must_check int identities_choose(struct archiver *a, struct envelope *ret, bool *ret_wanted);

/* Into the backup; the manifest names them. 0, or -errno with *why. */
must_check int identities_take(struct archiver *a, const struct envelope *e);

/*
 * Those of the backup, sealed to this host, in *ret: empty where the backup has none, or none are wanted.
 * Before anything is asked of stored: what cannot be opened changes nothing. 0, or -errno with *why.
 */
must_check int identities_open(struct archiver *a, struct buffer *ret);

/* To the tenant of that name. 0, or -errno with *why; what is in the way has been told. */
must_check int identities_give(struct archiver *a, const char *tenant, const struct buffer *sealed);
