/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An administrator at the admin socket of an office, for tests. */

#include <fcntl.h>
#include <jansson.h>

#include "office.h"

#define CLERK_UID 4242
#define CLERK_PID 4343

/* The clerk's end of a new connection; the caller closes it. */
int clerk_connect(struct office *o);

void clerk_say(struct office *o, int fd, const char *bytes, size_t len);

/* The next line that comes, or NULL where the connection ended first. Valid until the next. */
const char *clerk_hear(struct office *o, int fd);

/* A line and the answer to it, the caller's; the second on a connection of its own. */
json_t *clerk_ask_on(struct office *o, int fd, const char *line);
json_t *clerk_ask(struct office *o, const char *line);

/* The same with a descriptor along with the line. */
json_t *clerk_ask_with(struct office *o, const char *line, int file);

/* Those bytes in a memfd with these seals; the caller closes it. */
int clerk_memfd(struct span bytes, int seals);
#define CLERK_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Asserts that an order was done, or that it was refused with `words` in the error, and frees the answer. */
void clerk_done(json_t *answer);
void clerk_refused(json_t *answer, const char *words);
