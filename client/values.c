/* SPDX-License-Identifier: Apache-2.0 */
#include "client/values.h"

#include <string.h>

static void value_clear(struct value *v)
{
	free(v->text);
	free(v->from);
	*v = (struct value){ 0 };
}

static int refuse(enum setting s, const char *text, const char *from, struct complaint *why)
{
	char takes[SETTING_TAKES_MAX];

	if (from)
		complain(why, 0, "%s: %s cannot be \"%s\"", from, settings[s].key, text);
	else
		complain(why, 0, "--%s cannot be \"%s\"", settings[s].key, text);
	complaint_hint(why, "it takes %s", setting_takes(s, takes));
	return VALUES_WRONG;
}

static int refuse_another(enum setting s, const char *from, struct complaint *why)
{
	if (from)
		complain(why, 0, "%s: %s is there too many times", from, settings[s].key);
	else
		complain(why, 0, "--%s is there too many times", settings[s].key);
	complaint_hint(why, "it may be there %u times", settings[s].times);
	return VALUES_WRONG;
}

int values_add(struct values *v, enum setting s, struct span text, const char *from,
	       struct complaint *why)
{
	struct value one = { .text = span_to_string(text), .from = from ? strdup(from) : NULL };
	int r = VALUES_OK;

	if (settings[s].times == 1)
		values_forget(v, s);
	if (!one.text || (from && !one.from))
		r = complain_errno(why, -ENOMEM, "cannot remember %s", settings[s].key);
	else if (!setting_admits(s, one.text))
		r = refuse(s, one.text, from, why);
	else if (v->of[s].n == settings[s].times)
		r = refuse_another(s, from, why);
	if (r != VALUES_OK) {
		value_clear(&one);
		return r;
	}
	v->of[s].v[v->of[s].n++] = one;
	return VALUES_OK;
}

void values_forget(struct values *v, enum setting s)
{
	while (v->of[s].n)
		value_clear(&v->of[s].v[--v->of[s].n]);
}

void values_override(struct values *v, struct values *by)
{
	for (enum setting s = 0; s < SETTINGS; s++) {
		if (!by->of[s].n)
			continue;
		values_forget(v, s);
		v->of[s] = by->of[s];
		by->of[s].n = 0;
	}
}

void values_clear(struct values *v)
{
	for (enum setting s = 0; s < SETTINGS; s++)
		values_forget(v, s);
}

const char *values_get(const struct values *v, enum setting s)
{
	return v->of[s].n ? v->of[s].v[0].text : settings[s].fallback;
}

static void print_setting(const struct values *v, enum setting s, FILE *to)
{
	const struct setting_row *row = &settings[s];

	for (size_t i = 0; i < v->of[s].n; i++) {
		const struct value *one = &v->of[s].v[i];
		/* Behind a blank a semicolon begins a comment. */
		const char *equals = one->text[0] == ';' ? " =" : " = ";

		fprintf(to, "# %s\n%s%s%s\n", one->from ? one->from : "the command line",
			row->key, equals, one->text);
	}
	if (!v->of[s].n)
		fprintf(to, "#%s = %s\n", row->key, setting_default(s));
}

void values_print(const struct values *v, FILE *to)
{
	const char *section = "";

	for (enum setting s = 0; s < SETTINGS; s++) {
		if (strcmp(section, settings[s].section) != 0)
			fprintf(to, "%s[%s]\n", *section ? "\n" : "", settings[s].section);
		section = settings[s].section;
		print_setting(v, s, to);
	}
}
