/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/reply.h"

#include <stdio.h>

#include "frontend/field.h"

void reply_init(struct reply *r)
{
	*r = (struct reply){ .fields = BUFFER_INIT(REPLY_FIELDS_MAX),
			     .body = BUFFER_INIT(REPLY_BODY_MAX) };
}

void reply_clear(struct reply *r)
{
	buffer_clear(&r->fields);
	buffer_clear(&r->body);
}

void reply_reset(struct reply *r, unsigned int status)
{
	r->status = status;
	r->length = 0;
	r->progress = (struct reply_progress){ 0 };
	buffer_reset(&r->fields);
	buffer_reset(&r->body);
}

static void append_field(struct reply *r, struct span name, const char *before, struct span value,
			 const char *behind)
{
	if (!field_is_clean(value))
		return;
	buffer_append(&r->fields, name);
	buffer_append_byte(&r->fields, '\0');
	buffer_append_string(&r->fields, before);
	buffer_append(&r->fields, value);
	buffer_append_string(&r->fields, behind);
	buffer_append_byte(&r->fields, '\0');
}

void reply_field(struct reply *r, const char *name, struct span value)
{
	if (value.len)
		append_field(r, span_from_string(name), "", value, "");
}

void reply_field_string(struct reply *r, const char *name, const char *value)
{
	reply_field(r, name, span_from_string(value));
}

void reply_field_u64(struct reply *r, const char *name, uint64_t value)
{
	char text[21];

	reply_field(r, name,
		    (struct span){ text, (size_t)snprintf(text, sizeof(text), "%llu",
							  (unsigned long long)value) });
}

void reply_field_quoted(struct reply *r, const char *name, struct span value)
{
	if (value.len)
		append_field(r, span_from_string(name), "\"", value, "\"");
}

void reply_field_named(struct reply *r, struct span name, struct span value)
{
	if (field_is_token(name))
		append_field(r, name, "", value, "");
}

void reply_document(struct reply *r, const char *content_type)
{
	r->length = r->body.len;
	reply_field_string(r, "Content-Type", content_type);
}

bool reply_next_field(const struct reply *r, size_t *at, const char **ret_name,
		      const char **ret_value)
{
	const char *name, *value;

	if (*at >= r->fields.len)
		return false;
	name = (const char *)r->fields.data + *at;
	value = name + strlen(name) + 1;
	*at += (size_t)(value + strlen(value) + 1 - name);
	*ret_name = name;
	*ret_value = value;
	return true;
}
