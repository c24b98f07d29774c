/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An authd of this process's on a directory, an administrator at its admin socket, and a stored that does whatever
 * authd asks of it. What anything in slots of authd's means is said here, too.
 */

#include <jansson.h>

#include "authd/authd.h"
#include "tests/crash/story.h"

/* 0, or what keeps it from starting. */
int desk_open(const char *directory, struct authd **ret);
void desk_close(void);

/* Takes the order; where its answer comes. */
int desk_order(json_t *order);

/* The answer, with the connection gone. Whatever stored is asked meanwhile is done. */
json_t *desk_answer(int fd);

/* Both, of an order that must be carried out. */
void desk_done(json_t *order);

/* Until nothing is under way. */
void desk_settle(void);

#define DESK_NAME_MAX 128

const char *desk_tenant(unsigned int tenant, char buf[static DESK_NAME_MAX]);
const char *desk_title(uint64_t value, char buf[static DESK_NAME_MAX]);
const char *desk_user(unsigned int index, char buf[static DESK_NAME_MAX]);
const char *desk_policy(uint64_t value, char buf[static DESK_NAME_MAX]);
const char *desk_key(struct slot s, char buf[static DESK_NAME_MAX]);
const char *desk_secret(uint64_t value, char buf[static DESK_NAME_MAX]);
const char *desk_token(unsigned int index, char buf[static DESK_NAME_MAX]);

/* What the token of an odd number has for its hash; of others it is chance. */
void desk_token_hash(uint64_t value, uint8_t ret[static TOKEN_HASH_LEN]);
