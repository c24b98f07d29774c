/* SPDX-License-Identifier: Apache-2.0 */
#include "client/complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int complain(struct complaint *c, int r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->error, sizeof(c->error), format, args);
	va_end(args);
	c->hint[0] = '\0';
	return r;
}

/* As complain(), with what the error number means behind a colon. */
int complain_errno(struct complaint *c, int r, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(c->error, sizeof(c->error), format, args);
	va_end(args);
	len = strlen(c->error);
	snprintf(c->error + len, sizeof(c->error) - len, ": %s", strerror(-r));
	c->hint[0] = '\0';
	return r;
}

void complaint_hint(struct complaint *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->hint, sizeof(c->hint), format, args);
	va_end(args);
}

void complaint_print(const struct complaint *c, const char *program)
{
	fprintf(stderr, "%s: %s\n", program, c->error);
	if (c->hint[0])
		fprintf(stderr, "hint: %s\n", c->hint);
}
