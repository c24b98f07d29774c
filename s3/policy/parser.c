/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/parser.h"

#include <stdarg.h>
#include <stdio.h>

#include "s3/errors.h"

/* --- complaints --------------------------------------------------------------------------- */

int policy_refuse(struct policy_parser *p, const char *format, ...)
{
	char *text = p->complaint->text;
	int n = 0;
	va_list ap;

	if (p->statement)
		n = snprintf(text, POLICY_COMPLAINT_MAX, "Statement %zu: ", p->statement);
	va_start(ap, format);
	vsnprintf(text + n, POLICY_COMPLAINT_MAX - (size_t)n, format, ap);
	va_end(ap);
	return S3_ERROR_MALFORMED_POLICY;
}

/* What is shown of the policy itself; bytes that a terminal or a log would not show are not. */
const char *policy_quote(struct policy_quoted *q, struct span s)
{
	size_t n = MIN(s.len, (size_t)POLICY_QUOTED_MAX);

	for (size_t i = 0; i < n; i++) {
		uint8_t c = span_bytes(s)[i];

		q->text[i] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	strcpy(q->text + n, s.len > n ? "..." : "");
	return q->text;
}

int policy_refuse_pattern(struct policy_parser *p, int outcome, const char *what, struct span text)
{
	struct policy_quoted q;

	switch ((enum policy_pattern_outcome)outcome) {
	case POLICY_PATTERN_OK:
		return 0;
	case POLICY_PATTERN_OPEN:
		return policy_refuse(p, "The variable in %s '%s' is not closed", what,
				     policy_quote(&q, text));
	case POLICY_PATTERN_UNKNOWN:
		return policy_refuse(p, "The variable in %s '%s' is not known", what,
				     policy_quote(&q, text));
	case POLICY_PATTERN_MANY:
		return policy_refuse(p, "The variable in %s '%s' has many values", what,
				     policy_quote(&q, text));
	case POLICY_PATTERN_CROWDED:
		return policy_refuse(p, "There are more than %d variables in %s '%s'",
				     POLICY_VARIABLES_MAX, what, policy_quote(&q, text));
	case POLICY_PATTERN_UNFIT:
		return policy_refuse(p, "%s '%s' is not of the form that the operator wants", what,
				     policy_quote(&q, text));
	}
	return outcome;
}

/* --- JSON --------------------------------------------------------------------------------- */

struct span policy_json_span(const json_t *string)
{
	return (struct span){ json_string_value(string), json_string_length(string) };
}

/* A value, or a list of them: both are lists here. */
size_t policy_list_count(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : 1;
}

json_t *policy_list_item(json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : list;
}

int policy_check_list(struct policy_parser *p, const json_t *list, const char *name)
{
	if (!policy_list_count(list))
		return policy_refuse(p, "%s is empty", name);
	if (policy_list_count(list) > POLICY_ITEMS_MAX)
		return policy_refuse(p, "%s has more than %d items", name, POLICY_ITEMS_MAX);
	return 0;
}

/* A list in which everything is a text that is not empty. */
int policy_check_strings(struct policy_parser *p, json_t *list, const char *name)
{
	int r = policy_check_list(p, list, name);

	for (size_t i = 0; !r && i < policy_list_count(list); i++)
		if (!json_string_length(policy_list_item(list, i)))
			r = policy_refuse(p, "%s must be a text or a list of texts", name);
	return r;
}

int policy_check_elements(struct policy_parser *p, json_t *object, const char *const *known,
			  size_t n)
{
	const char *name;
	json_t *value;
	struct policy_quoted q;

	json_object_foreach(object, name, value)
	{
		size_t i = 0;

		while (i < n && strcmp(known[i], name))
			i++;
		if (i == n)
			return policy_refuse(p, "Unknown field %s",
					     policy_quote(&q, span_from_string(name)));
	}
	return 0;
}

/* One of an element and its opposite must be there: Action or NotAction. */
int policy_pick(struct policy_parser *p, const json_t *object, const char *name,
		const char *opposite, json_t **ret, bool *ret_negated)
{
	json_t *plain = json_object_get(object, name), *negated = json_object_get(object, opposite);

	if (plain && negated)
		return policy_refuse(p, "There are both %s and %s", name, opposite);
	if (!plain && !negated)
		return policy_refuse(p, "Missing required field %s", name);
	*ret = plain ? plain : negated;
	*ret_negated = negated;
	return 0;
}

void *policy_allocate(struct policy_parser *p, size_t n, size_t size)
{
	return arena_array(&p->document->arena, n, size);
}

int policy_keep(struct policy_parser *p, struct span s, struct span *ret)
{
	return arena_copy(&p->document->arena, s, ret) ? 0 : -ENOMEM;
}
