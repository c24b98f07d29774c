/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/administration.h"

#include "s3/target.h"
#include "s3/uri.h"

static const struct row {
	const char *method;
	const char *path;
} rows[ADMINISTRATION_ROUTE_COUNT] = {
#define ROUTE(SYMBOL, method_, path_, ...)                                                         \
	[ADMINISTRATION_##SYMBOL] = { method_, ADMINISTRATION_PREFIX path_ },
	ADMINISTRATION_ROUTES(ROUTE)
#undef ROUTE
};

/* Whether the path is one of these; then what stands in the member's place is in *ret. */
static bool matches(const char *pattern, struct span path, struct administration_target *ret)
{
	struct span member, before, behind = span_cut(span_from_string(pattern), '{', &before);
	struct span value;

	ret->member = ret->value = SPAN_NONE;
	if (span_is_none(behind))
		return span_equal(path, before);
	behind = span_cut(behind, '}', &member);
	if (path.len <= before.len + behind.len || !span_starts_with(path, before))
		return false;
	value = span_first(span_skip(path, before.len), path.len - before.len - behind.len);
	if (!span_equal(span_skip(path, before.len + value.len), behind))
		return false;
	if (memchr(value.data, '/', value.len) && !span_equal(member, SPAN("token_name")))
		return false;
	ret->member = member;
	ret->value = value;
	return true;
}

static void add_method(struct administration_target *t, const char *method)
{
	if (t->methods[0])
		strcat(t->methods, ", ");
	strcat(t->methods, method);
}

static int find(struct span method, struct span path, struct administration_target *ret)
{
	struct administration_target found = *ret;
	int outcome = ADMINISTRATION_NOWHERE;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!matches(rows[i].path, path, &found))
			continue;
		add_method(ret, rows[i].method);
		if (outcome != ADMINISTRATION_OK)
			outcome = ADMINISTRATION_NO_METHOD;
		if (!span_equal(method, span_from_string(rows[i].method)))
			continue;
		outcome = ADMINISTRATION_OK;
		ret->route = (enum administration_route)i;
		ret->member = found.member;
		ret->value = found.value;
	}
	return outcome;
}

int administration_find(struct span method, struct span target, struct buffer *decoded,
			struct administration_target *ret)
{
	struct target t;

	if (target_split(target, &t) || !uri_decode(decoded, t.path, false))
		return ADMINISTRATION_MALFORMED;
	if (buffer_error(decoded))
		return buffer_error(decoded);
	*ret = (struct administration_target){ .query = t.query };
	return find(method, buffer_span(decoded), ret);
}
