/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "s3/date.h"
#include "s3/encoding.h"

json_t *reply_refused(const char *hint, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (!hint)
		return json_pack("{s:b, s:s}", "ok", 0, "error", sentence);
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "error", sentence, "hint", hint);
}

json_t *reply_no_key(struct span id)
{
	return reply_refused("cofferctl key list shows those there are",
			     "There is no access key %.*s.", (int)id.len, (const char *)id.data);
}

json_t *reply_no_tenant(struct span name)
{
	return reply_refused("cofferctl tenant list shows those there are",
			     "There is no tenant %.*s.", (int)name.len, (const char *)name.data);
}

json_t *reply_done(const char *name, json_t *value)
{
	return value ? json_pack("{s:b, s:o}", "ok", 1, name, value) : NULL;
}

json_t *reply_tenant(const struct tenant *t)
{
	char id[2 * sizeof(t->id.bytes) + 1], created[DATE_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id",
			 hex_encode((struct span){ t->id.bytes, sizeof(t->id.bytes) }, id), "name",
			 t->name, "display_name", t->display_name, "email", t->email,
			 "canonical_id", t->canonical_id, "created_at",
			 date_format_iso8601(t->created_ns, created));
}

json_t *reply_key(const struct access_key *a, bool enabled)
{
	char created[DATE_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s}", "access_key", a->id, "tenant", a->tenant->name,
			 "status", enabled ? "enabled" : "disabled", "created_at",
			 date_format_iso8601(a->created_ns, created));
}
