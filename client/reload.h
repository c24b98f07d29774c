/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `cofferctl reload`: the files are read and checked here, because authd opens none; what may
 * change while it runs is sent to it, and of the rest it is seen what the daemons were started
 * with.
 */

#include <jansson.h>
#include <limits.h>

#include "client/values.h"

/* The file of the service whose admin socket that is: /run/NAME/…; CONFIG_FILE of all others. */
const char *reload_config(const char *socket, char buf[static PATH_MAX]);

/* {"login-pause": ["2"], …}: of each that may change all that holds. NULL: no memory. */
json_t *reload_settings(const struct values *v);

/*
 * The keys whose values differ from those that a daemon runs with, of authd's answer to `status`.
 * A daemon that cannot be looked at is not judged, and is named in *ret_unseen. NULL: no memory.
 */
json_t *reload_restarts(const struct values *v, const json_t *status, json_t **ret_unseen);
