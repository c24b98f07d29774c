/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/mhdhead.h"

/*
 * Versions before 1.0 parse in place: they leave the head where it came in and write NULs over
 * blank, colon and line end. So in a sound head each field begins two bytes behind the last one's
 * value. Where something was cut off, skipped or moved, it does not. Later versions check all this
 * by themselves at discipline level 1.
 */
#define MHD_PARSES_IN_PLACE (MHD_VERSION < 0x01000000)

#define VERSION_LEN 8 /* HTTP/1.1 */

struct walk {
	struct head *head;
	const char *next; /* where the next line must begin */
	bool sound;
};

static bool is_line_end(const char *at)
{
	return at[0] == '\0' && at[1] == '\0';
}

static bool are_blanks(const char *from, const char *to)
{
	for (; from < to; from++)
		if (*from != ' ' && *from != '\t')
			return false;
	return from == to;
}

/* Nothing is read through a pointer before it is known to be the next in the head. */
static bool field_is_in_place(const struct walk *w, struct span name, struct span value)
{
	const char *colon = (const char *)name.data + name.len, *v = value.data;

	return name.data == w->next && *colon == '\0' && v > colon && are_blanks(colon + 1, v) &&
	       is_line_end(v + value.len);
}

static enum MHD_Result take_field(void *cls, enum MHD_ValueKind kind, const char *name,
				  size_t name_len, const char *value, size_t value_len)
{
	struct walk *w = cls;
	struct span n = { name, name_len }, v = { value ? value : "", value_len };

	if (MHD_PARSES_IN_PLACE && w->sound) {
		w->sound = value && field_is_in_place(w, n, v);
		w->next = value + value_len + 2;
	}
	head_add_field(w->head, n, v);
	return MHD_YES;
}

static bool request_line_is_in_place(const char *method, struct span target, const char *version)
{
	return target.data == method + strlen(method) + 1 &&
	       version == (const char *)target.data + target.len + 1 &&
	       is_line_end(version + VERSION_LEN);
}

static size_t head_size(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info ? info->header_size : 0;
}

void mhdhead_read(struct MHD_Connection *http, const char *method, struct span target,
		  const char *version, struct head *h)
{
	struct walk w = { .head = h,
			  .next = version + VERSION_LEN + 2,
			  .sound = request_line_is_in_place(method, target, version) };

	MHD_get_connection_values_n(http, MHD_HEADER_KIND, take_field, &w);
	if (!MHD_PARSES_IN_PLACE)
		return;
	if (!w.sound || w.next + 2 != method + head_size(http) || !is_line_end(w.next))
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "The request's head is malformed.");
}
